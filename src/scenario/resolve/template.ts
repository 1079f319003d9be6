import type { FieldForm } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { parseTemplate } from '../../text/template.js';
import type { Blame, Path } from '../place.js';
import type { ResolveContext } from './context.js';

/** Faults a brace expression that is not understood: it would be sent as it stands, or as nobody meant it. */
export function checkTemplate(
  text: string,
  form: FieldForm,
  path: Path,
  blame: Blame,
  { faults }: ResolveContext,
): void {
  const template = parseTemplate(text, form);
  if (!template.ok) {
    const { message, hint, offset } = template;
    faults.add({ path, blame, message, hint, offset });
    return;
  }
  for (const draw of template.value.draws) {
    if (draw.kind !== 'field') continue;
    faults.add({
      path,
      blame,
      message: `expected {1..500}, {uuid} or {seq}, got ${shown(`{${draw.field}}`)}`,
      hint: `the text {${draw.field}} is written {{${draw.field}}}`,
      // Of a target the path is the end only.
      offset: path[0] === 'target' ? undefined : draw.offset,
    });
  }
}
