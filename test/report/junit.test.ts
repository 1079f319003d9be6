import { describe, expect, it } from 'vitest';
import { junit } from '../../src/report/junit.js';
import { comparison, hostileReport, report, run, threshold } from './fixture.js';

describe('junit', () => {
  it('makes a suite of each run and a test of each threshold', async () => {
    await expect(junit(comparison())).toMatchFileSnapshot('../golden/report/comparison.junit.xml');
  });

  it('has passing tests without children', () => {
    expect(junit(report({ thresholds: [threshold()] }))).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="chat-and-completions" tests="1" failures="0" errors="0">
        <testsuite name="round_robin" tests="1" failures="0" errors="0" skipped="0" time="2.210" timestamp="2026-11-22T10:42:46">
          <testcase name="skew &lt; 5%" classname="round_robin"/>
        </testsuite>
      </testsuites>
      "
    `);
  });

  it('counts failures apart from what could not be judged', () => {
    expect(junit(comparison())).toContain(
      '<testsuites name="chat-and-completions" tests="6" failures="2" errors="2">',
    );
  });

  it('marks an interrupted run, whose passed thresholds alone would look green', () => {
    const runs = [run({ interrupted: true }), run({ name: 'least_conn' })];
    const text = junit(report({ runs, thresholds: [threshold()] }));
    expect(text).toContain('<testsuites name="chat-and-completions" tests="2" failures="0" errors="1">');
    expect(text).toContain(
      `    <testcase name="ran to its end" classname="round_robin">
      <error type="interrupted" message="the run was interrupted: the thresholds were judged on the part that was measured"/>
    </testcase>`,
    );
    expect(text.match(/ran to its end/g)).toHaveLength(1);
  });

  it('keeps a threshold whose run does not exist', () => {
    const text = junit(
      report({ thresholds: [threshold({ run: 'gone', verdict: 'no-data', value: undefined })] }),
    );
    expect(text).toContain('<testsuite name="gone" tests="1" failures="0" errors="1"');
  });

  it('is well-formed whatever the names hold', () => {
    const text = junit(hostileReport());
    const tags = /<(\/?)([a-z]+)((?: [a-z]+="[^"<>]*")*)(\/?)>/g;
    const open: string[] = [];
    for (const [, closes, name = '', , empty] of text.matchAll(tags)) {
      if (closes) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
    }
    expect(open).toEqual([]);
    // Nothing but white space, the declaration and such tags.
    expect(
      text
        .replace(/^<\?xml .*\?>/, '')
        .replaceAll(tags, '')
        .trim(),
    ).toBe('');
    // Every ampersand starts one of the five entities of XML; no character that XML 1.0 forbids.
    expect(text).not.toMatch(/&(?!amp;|lt;|gt;|quot;|apos;)/);
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  });
});
