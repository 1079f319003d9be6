import { afterAll, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';

const workplace = new Workplace();
afterAll(() => workplace.remove());

/** What bash offers for the last of these words. */
async function offered(...words: string[]): Promise<string[]> {
  workplace.write(
    'words.sh',
    'source complete.sh; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lbbench; echo "${COMPREPLY[@]}"',
  );
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const { stdout, stderr } = await workplace.shell(
    `$LBBENCH completion bash > complete.sh && bash words.sh ${quoted}`,
  );
  expect(stderr).toBe('');
  return stdout.trim().split(' ').filter(Boolean);
}

describe('lbbench completion', () => {
  it('offers commands and flags to bash', async () => {
    expect(await offered('lbbench', 'co')).toEqual(['compare', 'completion']);
    expect(await offered('lbbench', 'run', '--algo')).toEqual(['--algorithm']);
    expect(await offered('lbbench', 'log', '--requ')).toEqual([]);
    expect(await offered('lbbench', 'check', 'a')).toEqual([]);
  });

  it('describes them to zsh and fish', async () => {
    const zsh = await workplace.lbbench(['completion', 'zsh']);
    expect(zsh.stdout).toMatch(/^#compdef lbbench\n/);
    expect(zsh.stdout).toContain("'check:validate a scenario and say what a run would do'");
    const fish = await workplace.lbbench(['completion', 'fish']);
    expect(fish.stdout).toContain("-n '__fish_seen_subcommand_from run' -s n -l requests -r");
  });

  it('knows no other shell', async () => {
    const { code, stderr } = await workplace.lbbench(['completion', 'csh']);
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are bash, zsh, fish');
  });
});
