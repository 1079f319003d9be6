import type { Command } from 'commander';
import { LbbenchError } from '../../model/fault.js';
import type { LlmFlags } from '../../run/scenario-file.js';
import { shown } from '../../text/shown.js';
import type { CommandContext } from '../command-context.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { addRunOptions, measure, planOf, type RunOptions } from './run.js';

type LlmOptions = RunOptions & LlmFlags;

export function llmCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('llm <url>')
    .description(
      "load on an LLM service, in the flags of vLLM's benchmark, plus the spread over its backends",
    )
    .requiredOption('--model <name>', 'name of the model, as the server knows it')
    .option('--endpoint <path>', '/v1/chat/completions (the default) or /v1/completions')
    .option('--num-prompts <number>', 'requests to send (1000)')
    .option('--request-rate <rate>', 'requests a second; inf, the default, as soon as there is a place')
    .option('--burstiness <shape>', 'shape of gamma gaps: 1 is Poisson, below it come bursts')
    .option('--max-concurrency <number>', 'most requests in flight')
    .option('--dataset-name <name>', 'random, sharegpt or custom (JSONL)', 'random')
    .option('--dataset-path <file>', 'file of the prompts')
    .option('--random-input-len <tokens>', 'length of random prompts (1024)')
    .option('--random-output-len <tokens>', 'most tokens of an answer (128)')
    .option('--random-range-ratio <ratio>', 'lengths are uniform from 1 - ratio to 1 + ratio of these (0)')
    .option('--random-prefix-len <tokens>', 'beginning that all prompts have in common')
    .option('--ignore-eos', 'answers have just their length (vLLM)')
    .option('--goodput <slo...>', 'what a request must keep to be good, in ms: ttft:200 tpot:50 e2el:5000')
    .option('--api-key-env <name>', 'environment variable that holds the key');
  addRunOptions(command).action(async (url: string, options: LlmOptions) => {
    context.code = await withOutputs(context.io, (outputs) => run(url, options, outputs));
  });
}

async function run(url: string, options: LlmOptions, outputs: Outputs): Promise<number> {
  check(url, options);
  // The base that clients of the API are given often ends so, and so do the paths begin.
  const plan = await planOf(url.replace(/\/v1\/?$/, ''), options, outputs.io, false, options);
  const { runScenario } = await import('../../run/run-scenario.js');
  return measure(plan, options, outputs, (control) => runScenario(plan, control));
}

/** What no key of a scenario would tell. */
function check(
  url: string,
  { datasetName = 'random', datasetPath, randomRangeRatio: ratio, ...options }: LlmOptions,
): void {
  if (!/^https?:\/\//i.test(url)) {
    throw LbbenchError.usage('url', `expected a URL, got ${shown(url)}`, 'a scenario is run by lbbench run');
  }
  if (!/^(random|sharegpt|custom)$/.test(datasetName)) {
    const got = `expected random, sharegpt or custom, got ${shown(datasetName)}`;
    throw LbbenchError.usage('--dataset-name', got, 'a trace is named in a scenario: load.trace');
  }
  if (datasetName === 'random' ? datasetPath !== undefined : datasetPath === undefined) {
    const [expected, got] = datasetPath === undefined ? ['a file', 'none'] : ['no file', 'one'];
    throw LbbenchError.usage(
      '--dataset-path',
      `expected ${expected} with --dataset-name ${datasetName}, got ${got}`,
      datasetPath === undefined ? 'name it: --dataset-path FILE' : 'say what it is: --dataset-name sharegpt',
    );
  }
  if (ratio !== undefined && !(/^\d(\.\d+)?$/.test(ratio) && Number(ratio) < 1)) {
    throw LbbenchError.usage('--random-range-ratio', `expected a number from 0 up to 1, got ${shown(ratio)}`);
  }
  if (options.requests !== undefined || options.rate !== undefined || options.concurrency !== undefined) {
    throw LbbenchError.usage(
      options.requests !== undefined ? '-n' : options.rate !== undefined ? '--rate' : '-c',
      'expected --num-prompts, --request-rate and --max-concurrency, got a flag of lbbench run',
      'they say the same here',
    );
  }
}
