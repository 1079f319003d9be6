import * as z from 'zod';
import { count, figure, maybe, type Shape, signedFigure } from './shape.js';

const outageBackend = z.object({
  address: z.string(),
  count: count.describe('Responses it served, of any status.'),
  share: figure.describe('Of the attributed responses; null when there were none.'),
  errors: count.describe('Its responses of status 400 and above.'),
  retries: count.describe('Attempts at it that were passed on.'),
});

const period = z.object({
  fromMs: count,
  toMs: count,
  requests: count.describe('All that ended, however.'),
  failures: count.describe('Those that got no response.'),
  errors: count.describe('Responses of status 400 and above.'),
  retries: count.describe('Attempts that were passed on to another backend.'),
  backends: z.array(outageBackend),
});

const movedKeys = z.object({
  compared: count,
  owned: count.describe(
    'Of them, those that the failed backend had served: these must move, and no others, for the ideal method.',
  ),
  moved: count.describe('Served by another backend than before at least once.'),
  needless: count.describe('Moved although their backend was well.'),
});

const drillEvent = z.object({
  atMs: count,
  backend: z.string(),
  action: z.enum(['stop', 'start', 'hang', 'slow', 'error']),
  startedMs: signedFigure.describe('When lbbench set about it; null when the run was over before.'),
  doneMs: signedFigure.describe('When it was done; null when it was not.'),
});

const outage = z.object({
  backend: z.string(),
  action: z.enum(['stop', 'hang', 'slow', 'error']).describe('What was done to it.'),
  fromMs: count,
  untilMs: signedFigure.describe('Its next event; null when the run ended first.'),
  maxFails: count.describe("nginx's parameter of the server."),
  failTimeoutSec: count.describe("nginx's parameter of the server."),
  before: period.describe("Since the backend's event before, or the start of the run."),
  during: period,
  after: maybe(period).describe(
    'From its first good answer after its start (from its start, when there was none) to its next event or the end of the run; null when it was not started.',
  ),
  failedAttempts: count.describe(
    'Attempts at it during the outage that failed: passed on to another backend, or answered 5xx.',
  ),
  takenOut: maybe(
    z.object({
      afterMs: count.describe(
        'From the event to the last request that was sent to it before it got no more.',
      ),
      failures: count.describe('Failed attempts up to then.'),
      probes: count.describe('Failed attempts from then on: the balancer looked whether it was back.'),
    }),
  ).describe('How the balancer took it out; null when it did not, or too few requests show it.'),
  backMs: signedFigure.describe(
    'From its start to the first request that was sent to it and answered well; null when there was none.',
  ),
  keys: maybe(movedKeys).describe(
    'What the outage did to the keys of a hash: distinct keys seen before the first event and again during the outage; null for methods without a key.',
  ),
});

export const failoverSchema = z.object({
  events: z.array(drillEvent).describe('In the order of the plan.'),
  outages: z.array(outage).describe('In the order in which they began.'),
});

/** What a failover drill showed. All times are milliseconds since the start of the run. */
export interface FailoverReport extends Shape<typeof failoverSchema> {}

/** A step of the drill, as planned and as it happened. */
export interface DrillEvent extends Shape<typeof drillEvent> {}

/** A time in which one backend was not well, and what became of the requests. */
export interface Outage extends Shape<typeof outage> {}

/** Requests that ended in a stretch of time. */
export interface OutagePeriod extends Shape<typeof period> {}

/** One backend's part in a period. */
export interface OutageBackend extends Shape<typeof outageBackend> {}

/** What an outage did to the keys of a hash. */
export interface MovedKeys extends Shape<typeof movedKeys> {}
