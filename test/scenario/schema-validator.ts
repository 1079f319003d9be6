/** The part of JSON Schema draft 7 that the scenario's schema uses, written apart from the library that made it. */
export function violations(schema: unknown, value: unknown, at = '$'): string[] {
  const rules = schema as Record<string, unknown>;
  const unknownRules = Object.keys(rules).filter((rule) => !known.has(rule));
  if (unknownRules.length > 0) throw new Error(`${at}: the validator lacks ${unknownRules.join(', ')}`);
  const found: string[] = [];
  const alternatives = rules.anyOf as unknown[] | undefined;
  if (alternatives?.every((one) => violations(one, value, at).length > 0)) {
    found.push(`${at}: fits none of ${alternatives.length}`);
  }
  if (rules.type !== undefined && !hasType(value, String(rules.type))) {
    return [...found, `${at}: not of type ${String(rules.type)}`];
  }
  if ('const' in rules && rules.const !== value) found.push(`${at}: not the constant`);
  if (Array.isArray(rules.enum) && !rules.enum.includes(value)) found.push(`${at}: not in the enum`);
  if (
    typeof value === 'string' &&
    rules.pattern !== undefined &&
    !new RegExp(String(rules.pattern)).test(value)
  )
    found.push(`${at}: not of the pattern`);
  if (typeof value === 'number') {
    if (value < Number(rules.minimum ?? -Infinity)) found.push(`${at}: too small`);
    if (value > Number(rules.maximum ?? Infinity)) found.push(`${at}: too big`);
    if (value <= Number(rules.exclusiveMinimum ?? -Infinity)) found.push(`${at}: too small`);
  }
  if (Array.isArray(value)) {
    if (value.length < Number(rules.minItems ?? 0)) found.push(`${at}: too short`);
    if (value.length > Number(rules.maxItems ?? Infinity)) found.push(`${at}: too long`);
    if (rules.items !== undefined) {
      found.push(...value.flatMap((item, index) => violations(rules.items, item, `${at}[${index}]`)));
    }
  } else if (typeof value === 'object' && value !== null) {
    const properties = (rules.properties ?? {}) as Record<string, unknown>;
    for (const name of (rules.required ?? []) as string[]) {
      if (!Object.hasOwn(value, name)) found.push(`${at}: lacks ${name}`);
    }
    for (const [name, item] of Object.entries(value)) {
      const inner = Object.hasOwn(properties, name) ? properties[name] : rules.additionalProperties;
      if (inner === false) found.push(`${at}: has ${name}`);
      else if (inner !== undefined && inner !== true) found.push(...violations(inner, item, `${at}.${name}`));
    }
  }
  return found;
}

const known: ReadonlySet<string> = new Set([
  '$schema',
  'title',
  'description',
  'default',
  'type',
  'anyOf',
  'const',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'minItems',
  'maxItems',
  'items',
  'properties',
  'required',
  'additionalProperties',
  'propertyNames',
]);

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
