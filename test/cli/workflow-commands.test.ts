import { describe, expect, it } from 'vitest';
import { withoutCommands } from '../../src/cli/print.js';
import { hostile } from '../report/fixture.js';

describe('withoutCommands', () => {
  it('leaves no line that the runner would take for a command', () => {
    const text = `  ::add-mask::1\n::stop-commands::x\n a ##[group]b\n[::1]:80 a::b ${hostile.markup}\n`;
    expect(withoutCommands(text)).toBe(
      `  ∶:add-mask::1\n∶:stop-commands::x\n a ##⟦group]b\n[::1]:80 a::b ${hostile.markup}\n`,
    );
  });

  it('knows the line ends and the space of the runner', () => {
    expect(withoutCommands('a\r::error::x\n\u0085\u00a0\t::error::y')).toBe(
      'a\r∶:error::x\n\u0085\u00a0\t∶:error::y',
    );
  });
});
