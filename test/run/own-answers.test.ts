import { describe, expect, it } from 'vitest';
import { bookOwnAnswers, unlabelledWarnings } from '../../src/run/own-answers.js';
import { readScenario } from '../../src/run/scenario-file.js';
import { unattributedCell } from '../../src/tally/attempt-cells.js';
import { Tally } from '../../src/tally/tally.js';

const { plan } = readScenario('http://127.0.0.1:8080/');

/** Responses by who served them and with which status, and what is made of those that tell nobody. */
function told(labelled: Record<number, number>, unlabelled: Record<number, number>, noBackendLeft = 0) {
  const tally = new Tally({ requestNames: ['/'], open: false, abColumns: false });
  const cell = tally.cellOf('10.0.0.1:80');
  for (const [status, count] of Object.entries(labelled)) tally.countResponses(cell, Number(status), count);
  for (const [status, count] of Object.entries(unlabelled))
    tally.countResponses(unattributedCell, Number(status), count);
  tally.countResponses(unattributedCell, 502, noBackendLeft);
  tally.counters.noBackendLeft = noBackendLeft;
  const found = bookOwnAnswers(plan, tally);
  const [warning] = unlabelledWarnings(plan, found, tally);
  return { notProxied: tally.counters.notProxied, code: warning?.code, text: warning?.text };
}

describe('responses without the header that others carry', () => {
  it("are the balancer's own where they are errors, and an error of a backend carries it", () => {
    expect(told({ 200: 90, 500: 1 }, { 503: 8, 429: 2 })).toEqual({
      notProxied: 10,
      code: 'not-proxied',
      text: '10 responses (2 × 429, 8 × 503) were made by the balancer itself, for which it asked no backend (limit_req, return, files of its own): all others carry X-Upstream, these do not',
    });
  });

  it('may be errors of backends where no error carries it, which is said', () => {
    const { notProxied, code, text } = told({ 200: 90 }, { 503: 10 });
    expect({ notProxied, code }).toEqual({ notProxied: 10, code: 'not-proxied' });
    expect(text).toMatch(/where the header is not set always$/);
  });

  it('may be of backends where successes are among them: then nobody knows', () => {
    const { notProxied, code, text } = told({ 200: 90 }, { 200: 10, 503: 1 });
    expect({ notProxied, code }).toEqual({ notProxied: 0, code: 'unattributed' });
    expect(text).toMatch(/^11 of 101 responses \(10 × 200, 1 × 503\) carry no X-Upstream although others do/);
    expect(text).not.toMatch(/nginx sends the header with/);
  });

  it('are not those for which no backend was left: they carry the name of the pool', () => {
    expect(told({ 200: 90 }, {}, 5)).toMatchObject({ notProxied: 0, code: undefined });
    expect(told({ 200: 90 }, { 503: 1 }, 5)).toMatchObject({ notProxied: 1, code: 'not-proxied' });
    expect(told({ 200: 90 }, { 503: 1 }, 5).text).toMatch(/^1 response \(1 × 503\) was made/);
  });

  it('are nobody’s where no response carries it', () => {
    expect(told({}, { 200: 10 })).toMatchObject({ notProxied: 0, code: undefined });
  });
});
