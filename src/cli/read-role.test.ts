import { expect, it } from 'vitest';
import { readRole } from './read-role.ts';

it.each([
  [[], 'all'],
  [['--role', 'worker'], 'worker'],
  [['--role=web'], 'web'],
])('%s is the role %s', (args, role) => {
  expect(readRole(args)).toBe(role);
});

it.each([[['--role']], [['--role', 'boss']], [['worker']], [['--role', 'web', '--port', '3']]])(
  '%s is refused with what can be written, instead of starting as something else',
  (args) => {
    expect(() => readRole(args)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('--role web') }),
    );
  },
);
