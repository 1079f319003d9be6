import type { InferencePreset } from '../../model/plan.js';

/** How long an inference server takes for what; milliseconds. */
export interface InferenceTimes {
  /** Of a prompt, whatever its length. */
  readonly prefillMs: number;
  /** Of each token of a prompt that the cache does not have. */
  readonly promptTokenMs: number;
  /** Mean and standard deviation of the time between two tokens of one answer, when it is alone. */
  readonly tokenMs: number;
  readonly tokenSdMs: number;
  /** How many times as long everything takes with all slots taken; between one and all, linear in between. */
  readonly fullFactor: number;
}

/**
 * Source: llm-d-inference-sim, docs/latency-profiles.md (eec055a): prefill overhead plus a time for each token that is not
 * cached, inter-token latency with its deviation, and a factor that grows linearly with what is running. Of the 3B model it
 * gives only the time to the first token.
 */
export const presets: Readonly<Record<InferencePreset, InferenceTimes>> = {
  '8b-h100': { prefillMs: 30, promptTokenMs: 0.25, tokenMs: 12, tokenSdMs: 2, fullFactor: 2 },
  '70b-tp8-h100': { prefillMs: 80, promptTokenMs: 0.5, tokenMs: 25, tokenSdMs: 4, fullFactor: 3 },
  '3b-l40s': { prefillMs: 110, promptTokenMs: 0, tokenMs: 15, tokenSdMs: 0, fullFactor: 1.5 },
};
