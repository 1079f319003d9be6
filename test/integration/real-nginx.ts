import { describe } from 'vitest';
import { findNginx } from '../../src/lab/nginx/find.js';

const nginx = await findNginx(undefined, process.env.PATH);
const required = process.env.LBBENCH_REQUIRE_ALL === '1';

if (nginx === undefined && !required) {
  console.warn(
    'nginx is not installed: its integration tests are left out (apt install nginx, brew install nginx)',
  );
}

/** A `describe` for tests with real nginx. Without nginx they are left out, or fail under LBBENCH_REQUIRE_ALL=1. */
export const describeWithNginx = describe.skipIf(nginx === undefined && !required);
