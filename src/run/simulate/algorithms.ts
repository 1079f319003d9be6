import { decisionOf } from '../../balancing/method/methods.js';
import type { Algorithm } from '../../model/algorithm.js';
import { type Fault, LbbenchError } from '../../model/fault.js';
import { formatAlgorithm, parseAlgorithm } from '../../nginx/algorithm.js';
import { compileKey, type KeyOf } from '../../nginx/variables.js';

/** A balancing method to simulate. */
export interface SimulatedAlgorithm {
  /** As asked for. */
  readonly name: string;
  readonly algorithm: Algorithm;
  /** `undefined` for methods that no key decides. */
  readonly keyOf: KeyOf | undefined;
}

/**
 * Reads the algorithms asked for; with none the pool's own.
 *
 * @throws LbbenchError with the faults of all of them
 */
export function simulatedAlgorithms(texts: readonly string[], own: Algorithm): readonly SimulatedAlgorithm[] {
  const faults: Fault[] = [];
  const algorithms = (texts.length === 0 ? [formatAlgorithm(own)] : texts).flatMap(
    (text): SimulatedAlgorithm[] => {
      const parsed = parseAlgorithm(text);
      if (!parsed.ok) {
        faults.push({ path: '--algorithm', message: parsed.message, hint: parsed.hint });
        return [];
      }
      const algorithm = parsed.value;
      const decision = decisionOf(algorithm);
      if (decision.by !== 'key') return [{ name: text, algorithm, keyOf: undefined }];
      const key = compileKey(decision.template);
      if (!key.ok) {
        faults.push({ path: '--algorithm', message: key.message, hint: key.hint });
        return [];
      }
      return [{ name: text, algorithm, keyOf: key.value }];
    },
  );
  if (faults.length > 0) throw new LbbenchError('usage', faults);
  return algorithms;
}
