import { describe, expect, it } from 'vitest';
import { faultsOf } from './load-text.js';

const scenario = (format: string) =>
  `target: http://127.0.0.1/\nattribution:\n  log: /var/log/nginx/access.log\n  format: '${format}'\n`;

describe('attribution.format', () => {
  it('takes a format with the marked User-Agent and the backend, and the known names of one', () => {
    expect(faultsOf(scenario('"$http_user_agent" $upstream_addr'))).toEqual([]);
    expect(faultsOf(scenario('to'))).toEqual([]);
  });

  it('is refused with line and column where lines could not be taken apart', () => {
    const [fault = ''] = faultsOf(scenario('$status$upstream_addr "$http_user_agent"'));
    expect(fault).toMatch(
      /^s\.yaml:4:11 {2}attribution\.format: expected some text between "\$status" and "\$upstream_addr", got nothing/,
    );
  });

  it('is refused where it does not tell the backend', () => {
    const [fault = ''] = faultsOf(scenario('combined'));
    expect(fault).toMatch(
      /^s\.yaml:4:11 {2}attribution\.format: expected a log_format with \$upstream_addr, got "combined"/,
    );
  });

  it('is refused where it does not carry what the requests are marked by', () => {
    const [fault = ''] = faultsOf(scenario('$remote_addr to: $upstream_addr'));
    expect(fault).toContain('expected a log_format with $http_user_agent, got');
  });
});
