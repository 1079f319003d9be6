import type { FieldForm } from '../../model/plan.js';
import { parseTemplate } from '../../text/template.js';
import type { Blame, Path } from '../place.js';
import type { ResolveContext } from './context.js';

/** A place where a request takes a field of its data. */
export interface FieldUse {
  readonly field: string;
  readonly form: FieldForm;
  readonly path: Path;
  readonly blame: Blame;
  /** 0-based, into the text at `path`. */
  readonly offset: number | undefined;
}

/** The fields that a text takes; what looks like a range and is none is a fault. */
export function fieldsIn(
  text: string,
  form: FieldForm,
  path: Path,
  blame: Blame,
  { faults }: ResolveContext,
): readonly FieldUse[] {
  const template = parseTemplate(text, form);
  if (!template.ok) {
    const { message, hint, offset } = template;
    faults.add({ path, blame, message, hint, offset });
    return [];
  }
  return template.value.draws.flatMap((draw) =>
    draw.kind === 'field' ? [{ field: draw.field, form: draw.form, path, blame, offset: draw.offset }] : [],
  );
}
