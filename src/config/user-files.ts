// UserFiles: the file of users that a configuration names. It is read with the configuration and
// again at each reload; every line that is wrong is told with its place, and no hash stands in an
// error.
import { ConfigError, type ConfigFault } from '../base/errors.ts';
import type { Disk } from '../ports/ports.ts';
import { parseUserFile } from '../secrets/user-file.ts';
import { readNamedFile } from './config-reader.ts';
import type { AuthConfig } from './config-types.ts';
import { pathBeside } from './path-beside.ts';

/** What reading needs: where the configuration stands, and how a fault is told of the key `auth.password_file`. */
export interface UserFileRequest {
  readonly path: string;
  readonly disk: Disk;
  readonly faultOf: (message: string) => ConfigFault;
}

/** `auth` with the users of its file. Rejects with ConfigError. */
export async function withFileUsers(auth: AuthConfig, request: UserFileRequest): Promise<AuthConfig> {
  if (auth.passwordFile === undefined) return auth;
  const file = pathBeside(request.path, auth.passwordFile);
  const text = await readNamedFile(request.disk, file);
  if (text instanceof Error) {
    throw new ConfigError('FILE', [request.faultOf(`expected a file that can be read: ${text.message}`)]);
  }
  const { users, faults } = parseUserFile(text);
  if (faults.length > 0) {
    const at = { file, column: 1, path: '', value: '' };
    throw new ConfigError(
      'INVALID',
      faults.map(({ line, expected }) => ({ ...at, line, expected })),
    );
  }
  return { ...auth, users: [...auth.users, ...users] };
}
