/** The configuration of a server that runs on its own, from the environment. */
import type { ProviderOptions } from '../provider/index.ts';
import { operationsAt } from '../provider/purse/paths.ts';

/** A setting that cannot be used; the message is one line for the person who set it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const PORT = 4010;
const DATA_DIR = 'kvitt-data';

/** Reads `PORT`, `KVITT_*` and `DATABASE_URL`. Throws ConfigError. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
): Required<Pick<ProviderOptions, 'port' | 'host' | 'store' | 'username' | 'password' | 'control'>> & ProviderOptions {
  const host = env.KVITT_HOST || '127.0.0.1';
  return {
    port: readPort(env.PORT),
    host,
    store: { databaseUrl: env.DATABASE_URL || undefined, dataDir: env.KVITT_DATA_DIR || DATA_DIR },
    username: readUsername(env.KVITT_USERNAME),
    password: env.KVITT_PASSWORD || 'local',
    control: readSwitch('KVITT_CONTROL', env.KVITT_CONTROL, isLoopback(host)),
    publicUrl: readPublicUrl(env.KVITT_PUBLIC_URL),
    ...(env.KVITT_REGIONS && { regions: readRegions(env.KVITT_REGIONS) }),
    ...(env.KVITT_PURSE_PATHS && { pursePaths: readPursePaths(env.KVITT_PURSE_PATHS) }),
  };
}

function readPort(value: string | undefined): number {
  if (!value) return PORT;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new ConfigError(`PORT must be a number from 0 to 65535, not "${value}"`);
  return port;
}

function readUsername(value: string | undefined): string {
  if (!value) return 'K000001_local';
  if (!/^[\w.-]{1,128}$/.test(value))
    throw new ConfigError('KVITT_USERNAME may hold letters, digits, dots, dashes and underscores');
  return value;
}

function readSwitch(name: string, value: string | undefined, otherwise: boolean): boolean {
  if (!value) return otherwise;
  if (value === 'on' || value === 'off') return value === 'on';
  throw new ConfigError(`${name} must be on or off, not "${value}"`);
}

function readPublicUrl(value: string | undefined): string | undefined {
  if (!value) return undefined;
  if (!/^https?:\/\//.test(value) || !URL.canParse(value))
    throw new ConfigError(`KVITT_PUBLIC_URL must be a URL such as https://kvitt.example.org, not "${value}"`);
  return value.replace(/\/+$/, '');
}

/** `eu=klarna-eu.test,na=klarna-na.test` */
function readRegions(value: string): NonNullable<ProviderOptions['regions']> {
  return Object.fromEntries(
    value.split(',').map((pair) => {
      const [region = '', host = ''] = pair.trim().split('=');
      if ((region !== 'eu' && region !== 'na' && region !== 'oc') || host === '') {
        throw new ConfigError('KVITT_REGIONS looks like eu=host,na=host,oc=host');
      }
      return [host.toLowerCase(), region];
    }),
  );
}

/** `init=/{entity}/sessions/{session}/init,validate=/...` */
function readPursePaths(value: string): NonNullable<ProviderOptions['pursePaths']> {
  const paths = Object.fromEntries(
    value.split(',').map((pair) => {
      const [name = '', path = ''] = pair.trim().split('=');
      return [name, path];
    }),
  );
  try {
    operationsAt(paths);
  } catch (error) {
    throw new ConfigError(`KVITT_PURSE_PATHS: ${(error as Error).message}`);
  }
  return paths;
}

/** The control API is for this machine: when the server can be reached from elsewhere it must be switched on by name. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
