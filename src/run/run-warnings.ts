import { ipHashKey } from '../balancing/method/ip-hash.js';
import { failureWords } from '../engine/failure-words.js';
import type { LoadResult } from '../engine/load-job.js';
import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { maxBackends, type Tally } from '../tally/tally.js';
import { noBackendLeft } from './no-backend-left.js';
import { type Unlabelled, unlabelledWarnings } from './own-answers.js';

/** Distinct error texts named in a warning. */
const errorsNamed = 3;

/**
 * What a reader must know of how a run went, beside what the engine and the spread say themselves.
 *
 * @param balancedBy the method of the run, in nginx's words, where it is known
 * @param isLogged the access log says who served what, so that a missing header is no loss
 * @param unlabelled what became of responses without the header that others carry
 */
export function runWarnings(
  plan: Plan,
  result: LoadResult,
  balancedBy: string | undefined,
  isLogged: boolean,
  unlabelled?: Unlabelled,
): Warning[] {
  const unclear = isLogged ? [] : attribution(plan, result.tally, unlabelled);
  return [
    ...errors(result.tally),
    ...redirects(result.tally),
    ...unclear,
    ...course(plan, result, balancedBy),
  ];
}

function errors(tally: Tally): Warning[] {
  const failed = tally.ended - tally.responses;
  if (failed === 0) return [];
  const byWords = new Map<string, { count: number; remedy: string | undefined }>();
  for (const [text, count] of tally.errors.entries()) {
    const { said, remedy } = failureWords(text);
    byWords.set(said, { count: count + (byWords.get(said)?.count ?? 0), remedy });
  }
  const most = [...byWords].sort(([, a], [, b]) => b.count - a.count).slice(0, errorsNamed);
  const texts = most.map(([said, { count }]) => `${count} × ${said}`);
  const remedies = new Set(most.flatMap(([, { remedy }]) => remedy ?? []));
  const because = texts.length === 0 ? '' : `: ${[...texts, ...remedies].join('; ')}`;
  return [
    { code: 'errors', text: `${failed} of ${tally.ended} requests ended without a response${because}` },
  ];
}

/** Nobody follows them: what a redirect costs says nothing about what it leads to. */
function redirects(tally: Tally): Warning[] {
  const statuses = Object.keys(tally.statusCounts());
  if (statuses.length === 0 || !statuses.every((status) => /^3\d\d$/.test(status))) return [];
  return [
    {
      code: 'redirects',
      text: `every answer is a ${statuses.join(' or a ')}, which leads elsewhere or says that nothing is new; send the requests to where it leads, for lbbench follows none`,
    },
  ];
}

function attribution(plan: Plan, tally: Tally, unlabelled: Unlabelled | undefined): Warning[] {
  const warnings = unlabelledWarnings(plan, unlabelled, tally);
  const unattributed = tally.cells[0]?.count ?? 0;
  const { noBackendLeft: unserved, backendOverflow, notProxied } = tally.counters;
  const unknown = unattributed - unserved - backendOverflow - notProxied;
  if (unknown > 0 && unlabelled === undefined) {
    warnings.push({
      code: 'unattributed',
      text: `${unknown} of ${tally.responses} responses do not say which backend served them; ${remedy(plan)}`,
    });
  }
  warnings.push(...noBackendLeft(tally));
  if (tally.counters.backendOverflow > 0) {
    warnings.push({
      code: 'too-many-backends',
      text: `more than ${maxBackends} distinct backends: ${tally.counters.backendOverflow} responses of further ones are counted as unattributed; is the header really the backend's address?`,
    });
  }
  if (tally.counters.duplicateHeaders > 0) {
    warnings.push({
      code: 'duplicate-header',
      text: `${tally.counters.duplicateHeaders} responses carry the header more than once, the last one counts; proxy_hide_header removes a backend's own`,
    });
  }
  return warnings;
}

function remedy({ attribution: by }: Plan): string {
  switch (by.by) {
    case 'header':
      return `nginx sends the header with: add_header ${by.name === 'x-upstream' ? 'X-Upstream' : by.name} $upstream_addr always; where it asks no backend (return, limit_req, files of its own) there is none to name`;
    case 'log':
      return `neither their lines in the log nor the header ${by.header} tell`;
    default:
      return 'the body did not have what attribution.body looks for';
  }
}

function course(
  plan: Plan,
  { tally, interrupted, fleet }: LoadResult,
  balancedBy: string | undefined,
): Warning[] {
  const warnings: Warning[] = [];
  if (tally.counters.droppedStarts > 0) {
    warnings.push({
      code: 'dropped-starts',
      text: `${tally.counters.droppedStarts} requests were due but never started, because ${plan.load.concurrency} were in flight already`,
    });
  }
  if (interrupted) {
    warnings.push({ code: 'interrupted', text: 'the run was interrupted; the figures are those up to then' });
  }
  if (balancedBy === 'ip_hash' && networks(plan.load.sourceAddresses).size < 2) {
    warnings.push({
      code: 'one-source-network',
      text: 'all requests come from one /24, which ip_hash sends to a single backend; spread them with load.sourceAddresses: 127.0.{1..32}.1',
    });
  }
  const agents = fleet?.agents ?? [];
  const [network, ...others] = networks(agents.flatMap(({ addresses }) => addresses));
  if (agents.length > 1 && network !== undefined && others.length === 0 && fleet?.lost === 0) {
    warnings.push({
      code: 'one-source-network',
      text: `all agents send from ${network}: ip_hash would put them on one backend`,
    });
  }
  return warnings;
}

/** The clients that these addresses are to ip_hash. */
function networks(addresses: readonly string[]): Set<string> {
  return new Set(addresses.map(ipHashKey));
}
