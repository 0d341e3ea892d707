// RoleField: what somebody, or a program,
// may do: the roles of the API, each with
// what it means.
import type { JSX } from 'preact';
import type { Role } from '../../http/api-types.ts';
import { useText } from '../app.ts';
import { ChoiceField } from './field.tsx';

const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

/** One of the roles. */
export function RoleField(props: { readonly value: Role; readonly onInput: (role: Role) => void }): JSX.Element {
  const t = useText();
  return (
    <ChoiceField
      label={t.access.role}
      value={props.value}
      hint={t.access.roleHints[props.value]}
      choices={roles.map((one) => [one, t.roles[one]] as const)}
      onInput={(value) => props.onInput(roles.find((one) => one === value) ?? 'viewer')}
    />
  );
}
