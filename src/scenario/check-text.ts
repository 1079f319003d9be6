import type { LabServer, LoadPlan, Plan } from '../model/plan.js';
import { formatAlgorithm } from '../nginx/algorithm.js';

/** What `lbbench check` says of a scenario without faults: in a few lines, what a run would do. */
export function checkText(plan: Plan, file: string): string {
  const { target, lab, algorithms, requests, thresholds, repeat } = plan;
  const where =
    target === undefined
      ? `${backendsText(lab?.servers ?? [])} behind ${balancerText(lab?.balancer)}`
      : target.url;
  const lines = [
    `${file}: no faults`,
    `  sends to    ${where}`,
    `  algorithms  ${algorithms.length === 0 ? "the balancer's own" : algorithms.map(formatAlgorithm).join(', ')}`,
    `  load        ${loadText(plan.load)}${repeat > 1 ? `, ${repeat} rounds` : ''}`,
    `  requests    ${requests
      .slice(0, 5)
      .map(({ name }) => name)
      .join(', ')}${requests.length > 5 ? `, ${requests.length - 5} more` : ''}`,
    `  thresholds  ${thresholds.length === 0 ? 'none' : thresholds.map(({ rule: { text, isImplied } }) => `${text}${isImplied ? ' (implied)' : ''}`).join('; ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

function backendsText(servers: readonly LabServer[]): string {
  const isDemo = servers.some(({ behaviour }) => behaviour !== undefined);
  return count(servers.length, isDemo ? 'demo backend' : 'running backend');
}

function balancerText(balancer: NonNullable<Plan['lab']>['balancer'] | undefined): string {
  if (balancer === 'nginx') return 'nginx';
  return balancer === 'embedded'
    ? 'the embedded balancer'
    : 'nginx, or the embedded balancer where there is none';
}

function loadText(load: LoadPlan): string {
  const amount = [
    load.requests === undefined ? undefined : count(load.requests, 'request'),
    load.durationMs === undefined ? undefined : `${load.durationMs / 1000} s`,
  ].filter((part) => part !== undefined);
  const how =
    load.ratePerSec === undefined
      ? `${load.concurrency} at a time`
      : `${load.ratePerSec} a second, at most ${load.concurrency} in flight`;
  return `${amount.join(' or ')}, ${how}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
