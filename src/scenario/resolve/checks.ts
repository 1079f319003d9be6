import type { Check, CheckTest, RequestPlan, TextTest } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import type { ExpectedText } from '../schema/check.js';
import type { RequestInput } from './body.js';

type CheckInput = NonNullable<RequestInput['check']>;

const maxNameCharacters = 100;

/** The statuses that the checks of a request ask for. */
export function checkedStatuses({ status }: CheckInput): readonly string[] {
  return status === undefined ? [] : [status].flat();
}

/** The checks of a request in the order in which they are made: status, headers, body. */
export function resolveChecks(input: CheckInput | undefined): Pick<RequestPlan, 'checks'> {
  if (input === undefined) return {};
  const { header = {}, body } = input;
  const statuses = checkedStatuses(input);
  const checks = [
    ...(statuses.length === 0
      ? []
      : [named(`status is ${statuses.join(' or ')}`, { of: 'status', statuses })]),
    ...Object.entries(header).map(([name, expected]) => {
      const value = textTest(expected, 'equal');
      return named(`header ${name.toLowerCase()} ${said(value)}`, {
        of: 'header',
        header: name.toLowerCase(),
        value,
      });
    }),
    ...bodyChecks(body),
  ];
  return checks.length === 0 ? {} : { checks };
}

function bodyChecks(body: CheckInput['body']): Check[] {
  if (body === undefined) return [];
  if (isText(body)) {
    const value = textTest(body, 'containing');
    return [named(`body ${said(value)}`, { of: 'body', value })];
  }
  return Object.entries(body).map(([pointer, expected]) => {
    if (isText(expected)) {
      const value = textTest(expected, 'equal');
      return named(`body ${pointer} ${said(value)}`, { of: 'json', pointer, value });
    }
    const value = { is: 'json', value: expected } as const;
    return named(`body ${pointer} is ${expected}`, { of: 'json', pointer, value });
  });
}

function isText(body: unknown): body is ExpectedText {
  return typeof body === 'object' && body !== null && 'is' in body && typeof body.is === 'string';
}

function textTest(expected: ExpectedText, is: 'equal' | 'containing'): TextTest {
  return expected.is === 'matching' ? expected : { is, text: expected.text };
}

/** `contains "answer"`, `matches /^HIT/i` */
function said(test: TextTest): string {
  if (test.is === 'matching') return `matches /${test.pattern}/${test.flags}`;
  return `${test.is === 'equal' ? 'is' : 'contains'} ${shown(test.text, 60)}`;
}

function named(name: string, test: CheckTest): Check {
  return { name: name.length > maxNameCharacters ? `${name.slice(0, maxNameCharacters)}…` : name, test };
}
