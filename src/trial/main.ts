import { serveParent } from '../lab/parent.js';
import { type Borrowing, Keeper } from './keeper.js';

/** What a trial calls in the process that keeps the user's configuration, and puts it back however lbbench ends. */
export interface KeeperCalls {
  begin(borrowed: Borrowing): void;
  check(index: number): Promise<string | undefined>;
  use(index: number): Promise<number>;
  end(argument: undefined): Promise<void>;
}

const keeper = new Keeper();

serveParent<KeeperCalls>(
  {
    begin: (borrowed) => keeper.begin(borrowed),
    check: (index) => keeper.check(index),
    use: (index) => keeper.use(index),
    end: () => keeper.end(),
  },
  () => keeper.end(),
);
