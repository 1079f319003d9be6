import { serveParent } from '../parent.js';
import { Guardian } from './guardian.js';

/** What the lab calls in the guardian's process. */
export interface GuardianCalls {
  /** Path of the private folder for nginx's files. */
  folder(argument: undefined): string;
  /** Process id of nginx's master. */
  launch(command: { readonly path: string; readonly args: readonly string[] }): number | undefined;
  status(argument: undefined): { readonly running: boolean; readonly stderr: string };
  /** Lets nginx finish what is in flight and write its logs, within 2 s. */
  stop(argument: undefined): Promise<void>;
}

const guardian = new Guardian();

serveParent<GuardianCalls>(
  {
    folder: () => guardian.folder,
    launch: ({ path, args }) => guardian.launch(path, args),
    status: () => guardian.status,
    stop: () =>
      guardian.stop([
        ['SIGQUIT', 2_000],
        ['SIGTERM', 1_000],
      ]),
  },
  async () => {
    await guardian.stop([['SIGTERM', 1_000]]);
    guardian.clean();
  },
);
