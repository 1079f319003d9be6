import { expect, it } from 'vitest';
import { labelWidth, rowLabel } from '../../src/report/html/axes.js';

it.each([
  ['127.0.0.1:8001', '127.0.0.1:8001'],
  ['backend-1.internal.example.com:8080', 'backend-1.in…om:8080'],
  ['backend-1.internal.example.com:8081', 'backend-1.in…om:8081'],
  ['\u{1f600}'.repeat(30), `${'\u{1f600}'.repeat(12)}…${'\u{1f600}'.repeat(7)}`],
  ['\u001b[2J', '\ufffd[2J'],
])('writes %j as %j', (address, label) => {
  expect(rowLabel(address)).toBe(label);
});

it('leaves more than half of a chart to what is drawn', () => {
  expect(labelWidth([rowLabel('x'.repeat(5000))])).toBeLessThan(440 / 2);
});
