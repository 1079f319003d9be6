import type { Trace } from '../../model/llm.js';
import type { Body } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { bodyForm } from '../../text/template.js';
import type { Blame, Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';
import { resolveLlm } from './llm.js';
import { type FieldUse, fieldsIn } from './template.js';

export type RequestInput = NonNullable<CheckedScenario['requests']>[number];

export interface TypedBody {
  readonly body: Body;
  readonly contentType: string;
  /** Of the data, in its templates. */
  readonly fields: readonly FieldUse[];
}

export const bodyKinds = ['json', 'text', 'jsonFile', 'textFile', 'file', 'llm'] as const;

const contentTypes = {
  json: 'application/json',
  jsonFile: 'application/json',
  text: 'text/plain; charset=utf-8',
  textFile: 'text/plain; charset=utf-8',
  file: 'application/octet-stream',
  llm: 'application/json',
} as const;

/** The body of a request, or `undefined` when it has none or a wrong one. */
export function resolveBody(
  request: RequestInput,
  path: Path,
  trace: Trace | undefined,
  context: ResolveContext,
): TypedBody | undefined {
  const given = bodyKinds.filter((kind) => request[kind] !== undefined);
  const [kind, second] = given;
  if (kind === undefined) return undefined;
  if (second !== undefined) {
    context.faults.add({
      path: [...path, second],
      blame: 'key',
      message: `expected one body, got ${given.join(' and ')}`,
      hint: 'a request has one of json, text, jsonFile, textFile, file and llm',
    });
    return undefined;
  }
  const body = bodyOf(kind, request, [...path, kind], trace, context);
  if (body === undefined) return undefined;
  const fields =
    kind === 'json'
      ? jsonFields(request.json, [...path, kind], context)
      : body.kind === 'template'
        ? fieldsIn(body.text, bodyForm(body.text), [...path, kind], 'value', context)
        : [];
  return { body, contentType: contentTypes[kind], fields };
}

function bodyOf(
  kind: (typeof bodyKinds)[number],
  request: RequestInput,
  path: Path,
  trace: Trace | undefined,
  context: ResolveContext,
): Body | undefined {
  switch (kind) {
    case 'llm':
      return request.llm && resolveLlm(request.llm, path, trace, context);
    case 'json':
      return { kind: 'template', text: JSON.stringify(request.json) };
    case 'text':
      return { kind: 'template', text: request.text ?? '' };
    case 'jsonFile':
      return isJson(request.jsonFile ?? '', path, context)
        ? bytesOf(request.jsonFile, path, context)
        : undefined;
    case 'textFile':
      return context.files.readText(request.textFile ?? '', path) === undefined
        ? undefined
        : bytesOf(request.textFile, path, context);
    case 'file':
      return bytesOf(request.file, path, context);
  }
}

function bytesOf(name: string | undefined, path: Path, { files }: ResolveContext): Body | undefined {
  const bytes = files.read(name ?? '', path);
  return bytes === undefined ? undefined : { kind: 'bytes', bytes };
}

/** The fields that the texts of a JSON body take, keys included; every wrong brace expression is a fault. */
function jsonFields(value: unknown, path: Path, context: ResolveContext): readonly FieldUse[] {
  if (typeof value === 'string') return fieldsOfText(value, path, 'value', context);
  if (Array.isArray(value))
    return value.flatMap((item, index) => jsonFields(item, [...path, index], context));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...fieldsOfText(key, [...path, key], 'key', context),
    ...jsonFields(item, [...path, key], context),
  ]);
}

/** Of one text: where it is a field and nothing else, it becomes what the record has, be it no text. */
function fieldsOfText(text: string, path: Path, blame: Blame, context: ResolveContext): readonly FieldUse[] {
  return fieldsIn(text, 'text', path, blame, context).map((use) => ({
    ...use,
    form: blame === 'value' && text === `{${use.field}}` ? 'json-value' : 'json',
  }));
}

function isJson(name: string, path: Path, { files, faults }: ResolveContext): boolean {
  const text = files.readText(name, path);
  if (text === undefined) return false;
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    faults.add({
      path,
      blame: 'value',
      message: `expected JSON, got something else in ${shown(name)}`,
      hint: `${shown(error instanceof Error ? error.message : '', 200)}; a body that is wrong on purpose goes into file`,
    });
    return false;
  }
}
