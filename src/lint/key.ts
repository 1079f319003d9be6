import { parseTemplate } from '../nginx/template.js';
import { type Configuration, mapped } from './configuration.js';

/** Absent in requests that do not bring them. */
const optional = /^(?:arg_.+|cookie_.+|http_.+|args|query_string|remote_user)$/;
/** Every client sends these, or every proxy does. */
const present =
  /^http_(?:host|user_agent|x_forwarded_(?:for|proto|host|port)|x_real_ip|forwarded|cf_connecting_ip|true_client_ip)$/;
/** Deeper than any sensible tower of maps. */
const maxMapDepth = 8;

/** A value such as `session:$cookie_sid`: its literal text together, and its variables in lower case. */
export interface KeyParts {
  readonly text: string;
  readonly variables: readonly string[];
}

/** Empty where nginx would refuse the value. */
export function partsOf(value: string): KeyParts {
  const template = parseTemplate(value);
  if (!template.ok) return { text: value, variables: [] };
  return {
    text: template.value.map((part) => (part.kind === 'literal' ? part.text : '')).join(''),
    variables: template.value.flatMap((part) => (part.kind === 'variable' ? [part.name.toLowerCase()] : [])),
  };
}

/** Whether a variable is empty for requests that lack something which clients may leave out, also through `map` blocks. */
export function isOptional(variable: string, configuration: Configuration, depth = 0): boolean {
  if (present.test(variable)) return false;
  if (optional.test(variable)) return true;
  const map = configuration.map(variable);
  if (map === undefined || depth > maxMapDepth) return false;
  const source = map.args[0] ?? '';
  const [other, empty] = [mapped(map, 'default'), mapped(map, '')];
  // What an empty source makes, and what any other makes that no line names.
  if (mayBeEmpty(source, configuration, depth) && mayBeEmpty(empty ?? other ?? '', configuration, depth))
    return true;
  if (other === undefined) return true;
  return other !== source && mayBeEmpty(other, configuration, depth);
}

function mayBeEmpty(value: string, configuration: Configuration, depth: number): boolean {
  const { text, variables } = partsOf(value);
  return text === '' && variables.every((name) => isOptional(name, configuration, depth + 1));
}

/** Whether a key is made of the body, also through `map` blocks. */
export function readsBody(value: string, configuration: Configuration, depth = 0): boolean {
  return partsOf(value).variables.some((name) => {
    if (name === 'request_body') return true;
    const map = configuration.map(name);
    if (map === undefined || depth > maxMapDepth) return false;
    return [map.args[0] ?? '', ...(map.block ?? []).map(({ args }) => args[0] ?? '')].some((inner) =>
      readsBody(inner, configuration, depth + 1),
    );
  });
}
