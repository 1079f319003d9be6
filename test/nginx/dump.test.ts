import { describe, expect, it } from 'vitest';
import type { Directive, Position } from '../../src/nginx/config/directive.js';
import { parseDump } from '../../src/nginx/config/dump.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { readConfig } from '../../src/nginx/config/read.js';

const said = `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx: configuration file /etc/nginx/nginx.conf test is successful
`;
const dump = `# configuration file /etc/nginx/nginx.conf:
events {}
http {
    include conf.d/*.conf;
    include /etc/nginx/../nginx/snippets/log;
    include nothing/*.conf;
}

# configuration file /etc/nginx/conf.d/a.conf:
upstream a {
    server 10.0.0.1; # first
}

# configuration file /etc/nginx/conf.d/b.conf:
upstream b { server 10.0.0.2; }

# configuration file /etc/nginx/snippets/log:
access_log off;

`;

function directivesOf(text: string): readonly Directive[] {
  const found = parseDump(text);
  if (found === undefined) throw new Error('no dump');
  expect(found.path).toBe('/etc/nginx/nginx.conf');
  const config = readConfig(found.path, found.files);
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return config.value;
}

describe('the output of nginx -T', () => {
  it.each([
    ['stdout', dump],
    ['stdout and stderr', said + dump],
    ['lines that end in CRLF', dump.replaceAll('\n', '\r\n')],
  ])('is read as the files it was made of: %s', (_, text) => {
    const inside = directivesOf(text)[1]?.block ?? [];
    expect(inside.map(({ name, at }) => [name, at?.file, at?.line])).toEqual([
      ['upstream', '/etc/nginx/conf.d/a.conf', 1],
      ['upstream', '/etc/nginx/conf.d/b.conf', 1],
      ['access_log', '/etc/nginx/../nginx/snippets/log', 1],
    ]);
  });

  it('is told from a configuration, be it one with such a comment inside', () => {
    expect(parseDump('events {}\n')).toBeUndefined();
    expect(parseDump('events {}\n# configuration file /etc/nginx/nginx.conf:\nevents {}\n')).toBeUndefined();
    expect(parseDump('')).toBeUndefined();
  });

  it('says which file of it is missing', () => {
    const found = parseDump('# configuration file /n/nginx.conf:\ninclude mime.types;\n');
    expect(found && readConfig(found.path, found.files)).toMatchObject({
      ok: false,
      faults: [
        {
          file: '/n/nginx.conf',
          line: 1,
          message: expect.stringContaining('it is not in the output of nginx -T'),
        },
      ],
    });
  });
});

describe('comments', () => {
  it('come with their place to whoever asks for them', () => {
    const found: [string, Position][] = [];
    parseConfig('# one\na "# word"; # two\n  b#no;\n', 'x.conf', (comment, at) =>
      found.push([comment, at()]),
    );
    expect(found).toEqual([
      ['# one', { file: 'x.conf', line: 1, column: 1 }],
      ['# two', { file: 'x.conf', line: 2, column: 13 }],
    ]);
  });
});
