import type { Body } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';
import { checkTemplate } from './template.js';

export type RequestInput = NonNullable<CheckedScenario['requests']>[number];

export interface TypedBody {
  readonly body: Body;
  readonly contentType: string;
}

export const bodyKinds = ['json', 'text', 'jsonFile', 'textFile', 'file'] as const;

const contentTypes = {
  json: 'application/json',
  jsonFile: 'application/json',
  text: 'text/plain; charset=utf-8',
  textFile: 'text/plain; charset=utf-8',
  file: 'application/octet-stream',
} as const;

/** The body of a request, or `undefined` when it has none or a wrong one. */
export function resolveBody(
  request: RequestInput,
  path: Path,
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
      hint: 'a request has one of json, text, jsonFile, textFile and file',
    });
    return undefined;
  }
  const body = bodyOf(kind, request, [...path, kind], context);
  return body === undefined ? undefined : { body, contentType: contentTypes[kind] };
}

function bodyOf(
  kind: (typeof bodyKinds)[number],
  request: RequestInput,
  path: Path,
  context: ResolveContext,
): Body | undefined {
  switch (kind) {
    case 'json':
      checkTemplates(request.json, path, context);
      return { kind: 'template', text: JSON.stringify(request.json) };
    case 'text':
      checkTemplates(request.text, path, context);
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

/** Faults every wrong brace expression in the texts of a value, keys included. */
function checkTemplates(value: unknown, path: Path, context: ResolveContext): void {
  if (typeof value === 'string') checkTemplate(value, 'text', path, 'value', context);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkTemplates(item, [...path, index], context);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      checkTemplate(key, 'text', [...path, key], 'key', context);
      checkTemplates(item, [...path, key], context);
    }
  }
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
