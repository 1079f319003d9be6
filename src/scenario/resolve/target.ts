import type { Target, TlsPlan } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { familyOf } from '../grammar/source-addresses.js';
import type { TargetUrl } from '../grammar/target-url.js';
import { tlsMaterialFaults } from '../grammar/tls-material.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

export function resolveTarget(url: TargetUrl, scenario: CheckedScenario, context: ResolveContext): Target {
  checkSourceFamily(url, scenario, context);
  if (scenario.tls !== undefined && url.scheme === 'http') refuseTls(context);
  return {
    url: url.shownUrl,
    tls: url.scheme === 'https' ? tlsPlan(url, scenario, context) : undefined,
    host: url.host,
    port: url.port,
    socketPath: url.socketPath,
    authority: url.authority,
    pathPrefix: '',
  };
}

/** TLS settings where nothing speaks TLS would silently do nothing. */
export function refuseTls({ faults }: ResolveContext): void {
  faults.add({
    path: ['tls'],
    blame: 'key',
    message: 'expected tls only with an https target, got it with plain HTTP',
    hint: 'write the target as https://…, or remove tls',
  });
}

function tlsPlan(url: TargetUrl, scenario: CheckedScenario, context: ResolveContext): TlsPlan {
  const { serverName, ciphers, minVersion, maxVersion, ...files } = scenario.tls ?? {};
  const { faults } = context;
  for (const [given, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    if (files[given] === undefined || files[other] !== undefined) continue;
    faults.add(
      {
        path: ['tls', given],
        blame: 'key',
        message: `expected tls.${other} beside tls.${given}, got none`,
        hint: 'a client certificate needs both; they may name the same file',
      },
      ['tls', other],
    );
  }
  const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
  if (minVersion !== undefined && maxVersion !== undefined) {
    if (versions.indexOf(minVersion) > versions.indexOf(maxVersion)) {
      faults.add({
        path: ['tls', 'minVersion'],
        blame: 'value',
        message: `expected a version up to maxVersion ${maxVersion}, got ${shown(minVersion)}`,
      });
    }
  }
  const hostName = familyOf(url.host) === undefined && url.socketPath === undefined ? url.host : undefined;
  const material = {
    ca: readPem(files.ca, ['tls', 'ca'], context),
    cert: readPem(files.cert, ['tls', 'cert'], context),
    key: readPem(files.key, ['tls', 'key'], context),
  };
  for (const { part, message, hint } of tlsMaterialFaults(material))
    faults.add({ path: ['tls', part], blame: 'value', message, hint });
  return {
    verify: !scenario.insecure,
    serverName: serverName === false ? undefined : (serverName ?? hostName),
    ...material,
    ciphers,
    minVersion,
    maxVersion,
  };
}

function readPem(
  name: string | undefined,
  path: Path,
  { files, faults }: ResolveContext,
): string | undefined {
  const text = name === undefined ? undefined : files.readText(name, path);
  if (text !== undefined && !/^-----BEGIN [A-Z0-9 ]+-----\s*$/m.test(text)) {
    faults.add({
      path,
      blame: 'value',
      message: `expected a PEM file, got ${shown(name ?? '')} without a BEGIN line`,
      hint: 'convert DER with: openssl x509 -inform der -in FILE -out FILE.pem',
    });
    return undefined;
  }
  return text;
}

/** A socket bound to an IPv4 address cannot reach an IPv6 one, nor a unix socket. */
function checkSourceFamily(url: TargetUrl, scenario: CheckedScenario, context: ResolveContext): void {
  const addresses = scenario.load.sourceAddresses?.flat() ?? [];
  if (addresses.length === 0) return;
  if (url.socketPath !== undefined) {
    context.faults.add({
      path: ['load', 'sourceAddresses'],
      blame: 'key',
      message: 'expected no source addresses with a unix socket, got some',
      hint: 'a unix socket has no addresses; nginx sees "unix:" as the client',
    });
    return;
  }
  refuseOtherFamily(addresses, familyOf(url.host) ?? familyOf(addresses[0] ?? ''), context);
}

/** Faults the first source address that is not of the family wanted. */
export function refuseOtherFamily(
  addresses: readonly string[],
  family: 4 | 6 | undefined,
  { faults }: ResolveContext,
): void {
  const odd = addresses.find((address) => familyOf(address) !== family);
  if (odd === undefined || family === undefined) return;
  faults.add({
    path: ['load', 'sourceAddresses'],
    blame: 'value',
    message: `expected IPv${family} source addresses, as the target is reached by IPv${family}, got ${shown(odd)}`,
  });
}
