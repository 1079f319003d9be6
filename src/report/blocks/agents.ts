import { formatCount, formatMs, formatRate } from '../../figures/format.js';
import type { RunReport } from '../../model/report.js';
import { columnsOver, name, onlyTrouble, type Paragraph } from './block.js';

/** The machines that sent a load together, and how each fared. Nothing of a load that one machine sent. */
export function agentParagraphs({ agents = [] }: RunReport): Paragraph[] {
  if (agents.length === 0) return [];
  const { text, figure } = columnsOver(agents);
  return [
    [
      {
        kind: 'table',
        title: 'Agent',
        columns: [
          text('agent', (agent) => name(agent.name)),
          figure('requests', ({ started }) => formatCount(started)),
          figure('req/s', ({ rps }) => formatRate(rps), { givesWay: 2 }),
          figure('p99 ms', ({ serviceP99Ms }) => formatMs(serviceP99Ms)),
          figure('late ms', ({ startLateMs }) => formatMs(startLateMs), { givesWay: 4 }),
          figure('clock ±ms', ({ clockBoundMs }) => formatMs(clockBoundMs), { givesWay: 5 }),
          ...onlyTrouble(figure('lost', ({ lost }) => formatCount(lost))),
          ...(agents.some(({ state }) => state !== 'done')
            ? [
                text(
                  'state',
                  ({ state }) => ({ text: state, mood: state === 'done' ? undefined : 'bad' }) as const,
                ),
              ]
            : []),
          text('from', ({ addresses }) => name(addresses.join(' ')), { givesWay: 3 }),
        ],
      },
    ],
  ];
}
