import { serveParent } from '../parent.js';
import { Guardian, type NginxStatus } from './guardian.js';

/** What the lab calls in the guardian's process. */
export interface GuardianCalls {
  /** Process id of nginx's master. */
  launch(command: { readonly path: string; readonly args: readonly string[] }): number | undefined;
  status(argument: undefined): NginxStatus;
  /** Answers when the master has ended, for whatever reason. */
  ended(argument: undefined): Promise<NginxStatus>;
  /** Lets nginx finish what is in flight and write its logs, within 2 s. */
  stop(argument: undefined): Promise<void>;
}

const [, , folder = ''] = process.argv;
const guardian = new Guardian(folder);

serveParent<GuardianCalls>(
  {
    launch: ({ path, args }) => guardian.launch(path, args),
    status: () => guardian.status,
    ended: () => guardian.ended(),
    stop: () =>
      guardian.stop([
        ['SIGQUIT', 2_000],
        ['SIGTERM', 1_000],
      ]),
  },
  async () => {
    await guardian.stop([['SIGTERM', 1_000]]);
    guardian.leave();
  },
);
