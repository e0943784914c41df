import { type Role, roles } from '../config.ts';
import { AppError } from '../errors.ts';

/** The role in the arguments of `npm start -- --role worker`; `all` without any. Throws `config_invalid` for anything else. */
export function readRole(args: string[]): Role {
  const said = args.join(' ');
  const role = said === '' ? 'all' : roles.find((each) => said === `--role ${each}` || said === `--role=${each}`);
  if (role) return role;
  throw new AppError('config_invalid', `"${said}" is not known here: write --role ${roles.join(', --role ')}.`);
}
