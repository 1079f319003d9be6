// Makes dist/: JavaScript by rolldown, types by tsc, the licences of what was bundled, the schema of reports.
import { execFile, execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle } from './bundle.js';
import { keepPublic } from './declarations.js';
import { licencesOf } from './licences.js';
import { dist, root } from './modules.js';

rmSync(dist, { recursive: true, force: true });
const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'];
const [inputs] = await Promise.all([
  bundle(),
  promisify(execFile)(process.execPath, tsc, { cwd: root }).catch(({ stdout }) => {
    throw new Error(stdout);
  }),
]);
keepPublic(join(dist, 'types'));
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES'), licencesOf(inputs));
const schema = execFileSync(process.execPath, [join(root, 'bin/lbbench.js'), 'schema', '--report']);
writeFileSync(join(dist, 'report.schema.json'), schema);
