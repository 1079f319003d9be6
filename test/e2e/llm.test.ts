import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.js';
import type { Report } from '../../src/model/report.js';
import { inference, metricsOf, startInferenceLab } from '../lab/inference-lab.js';
import { Workplace } from './lbbench.js';

const llm = inference({ cacheTokens: 4096, speed: 50, isUnbuffered: true });

let place: Workplace;
let lab: Lab;
beforeEach(async () => {
  place = new Workplace();
  lab = await startInferenceLab(2, llm);
});
afterEach(async () => {
  place.remove();
  await lab.close();
});

async function metric(name: string): Promise<number> {
  const values = await Promise.all(
    lab.servers.map(async ({ line }) => (await metricsOf(line.address))(name)),
  );
  return values.reduce((sum, value) => sum + value, 0);
}

const few = ['--model', 'demo', '--random-input-len', '50', '--random-output-len', '8'];

describe('lbbench llm', () => {
  it("sends what vLLM's benchmark would, and tells the spread", async () => {
    const url = `${lab.target.url}v1`;
    const args = ['llm', url, ...few, '--num-prompts', '60', '--max-concurrency', '6', '--export-json', '-'];
    const { code, stdout } = await place.lbbench(args);
    expect(code).toBe(0);
    const [run] = (JSON.parse(stdout) as Report).runs;
    expect(run?.outcomes).toMatchObject({ started: 60, responses: 60 });
    expect(run?.backends.map(({ count }) => count)).toEqual([30, 30]);
    expect(await metric('prompt_tokens_total')).toBe(60 * 50);
    expect(await metric('generation_tokens_total')).toBe(60 * 8);
  });

  it('sends a key, and shows it nowhere', async () => {
    const args = ['llm', lab.target.url, ...few, '--num-prompts', '3', '--api-key-env', 'THE_KEY'];
    const outputs = ['--export-json', 'r.json', '--export-html', 'r.html', '--samples', 's.jsonl'];
    const { code, stdout, stderr } = await place.lbbench([...args, ...outputs], { THE_KEY: 'sk-verysecret' });
    expect(code).toBe(0);
    const [saved = ''] = place.reports();
    const written = ['r.json', 'r.html', 's.jsonl', `reports/${saved}`].map((name) => place.read(name));
    expect([stdout, stderr, ...written].join('')).not.toContain('verysecret');
    const missing = await place.lbbench(args, { THE_KEY: undefined });
    expect(missing.code).toBe(2);
    expect(missing.stderr).toBe(
      '--api-key-env: expected the environment variable THE_KEY to hold a key, got none\n    hint: set it: export THE_KEY=…\n',
    );
    expect(await metric('request_success_total')).toBe(3);
  });

  it.each([
    [['--dataset-name', 'hf'], '--dataset-name: expected random, sharegpt or custom, got "hf"'],
    [
      ['--dataset-name', 'sharegpt'],
      '--dataset-path: expected a file with --dataset-name sharegpt, got none',
    ],
    [['--random-range-ratio', '2'], '--random-range-ratio: expected a number from 0 up to 1, got "2"'],
    [
      ['-n', '5'],
      '-n: expected --num-prompts, --request-rate and --max-concurrency, got a flag of lbbench run',
    ],
  ])('refuses %s', async (more, message) => {
    const { code, stderr } = await place.lbbench(['llm', lab.target.url, ...few, ...more]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(await metric('request_success_total')).toBe(0);
  });
});
