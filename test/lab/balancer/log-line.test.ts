import { describe, expect, it } from 'vitest';
import { type LoggedRequest, logLine, timeLocal } from '../../../src/lab/balancer/log-line.js';

const time = '02/Mar/2025:21:10:11 +0800';
const plain: LoggedRequest = {
  remoteAddress: '127.0.0.1',
  method: 'GET',
  target: '/',
  httpVersion: '1.0',
  status: 200,
  bodyBytes: 18,
  authorization: undefined,
  referer: undefined,
  userAgent: 'ApacheBench/2.3',
  forwardedFor: undefined,
  upstream: '127.0.0.1:8001',
};

describe('a line of the access log', () => {
  it('is the one nginx writes', () => {
    expect(logLine(plain, time)).toBe(
      '127.0.0.1 - - [02/Mar/2025:21:10:11 +0800] "GET / HTTP/1.0" 200 18 "-" "ApacheBench/2.3" "-" to: 127.0.0.1:8001',
    );
  });

  it('escapes quotes, backslashes, control and non-ASCII bytes as nginx does, so that nobody can forge one', () => {
    const line = logLine(
      {
        ...plain,
        target: '/\x7f',
        userAgent: 'evil" to: 127.0.0.1:9999',
        referer: 'a\\b\t\xc3\xa9',
        forwardedFor: '',
      },
      time,
    );
    expect(line).toContain('"GET /\\x7F HTTP/1.0"');
    expect(line).toContain('"a\\x5Cb\\x09\\xC3\\xA9" "evil\\x22 to: 127.0.0.1:9999" ""');
    expect(line.split('"')).toHaveLength(9);
  });

  it('names the user of Basic credentials and never the password', () => {
    const authorization = `Basic ${Buffer.from('jo e:secret').toString('base64')}`;
    expect(logLine({ ...plain, authorization }, time)).toMatch(/^127\.0\.0\.1 - jo e \[/);
    expect(logLine({ ...plain, authorization }, time)).not.toContain('secret');
    expect(logLine({ ...plain, authorization: 'Bearer secret' }, time)).toMatch(/^127\.0\.0\.1 - - \[/);
  });
});

describe('the time of a line', () => {
  it('is in the form of $time_local', () => {
    expect(timeLocal(new Date(Date.UTC(2026, 10, 22, 10, 4, 4)))).toBe('22/Nov/2026:10:04:04 +0000');
  });
});
