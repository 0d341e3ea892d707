// Access: who may use these pages, which devices may log in, who may
// what on which topic, what programs use, and who did what. Only for admins. The tester
// asks the rules that run.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Role, UserRequest, UserView } from '../../http/api-types.ts';
import { useApp, useText } from '../app.ts';
import { Ago } from '../parts/ago.tsx';
import { Card, PageHead } from '../parts/card.tsx';
import { Confirm, Dialog, useQuestion } from '../parts/dialog.tsx';
import { TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Loaded, useLoad } from '../parts/loaded.tsx';
import { RoleField } from '../parts/role-field.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { AclEditor } from './acl-editor.tsx';
import { ApiKeys } from './api-keys.tsx';
import { AuditTrail } from './audit-trail.tsx';
import { DeviceUsers } from './device-users.tsx';

/** The page. */
export function Access(): JSX.Element {
  const t = useText();
  const tab = useSignal<'users' | 'keys' | 'devices' | 'rules' | 'audit'>('users');
  return (
    <>
      <PageHead title={t.places.access} about={t.access.about} />
      <Tabs
        label={t.places.access}
        chosen={tab.value}
        onChoose={(name) => {
          tab.value = name;
        }}
        tabs={[
          { name: 'users', label: t.access.users },
          { name: 'keys', label: t.keys.title },
          { name: 'devices', label: t.access.devices },
          { name: 'rules', label: t.access.rules },
          { name: 'audit', label: t.access.audit },
        ]}
      >
        {tab.value === 'users' ? <Users /> : null}
        {tab.value === 'keys' ? <ApiKeys /> : null}
        {tab.value === 'devices' ? <DeviceUsers /> : null}
        {tab.value === 'rules' ? <AclEditor /> : null}
        {tab.value === 'audit' ? <AuditTrail /> : null}
      </Tabs>
    </>
  );
}

function Users(): JSX.Element {
  const app = useApp();
  const t = useText();
  const load = useLoad(() => app.api.get<readonly UserView[]>('/users'));
  const question = useQuestion();
  const edited = useSignal<UserView | 'new' | undefined>(undefined);
  const own = app.session.value?.username;
  const askToRemove = (username: string): void => {
    question.value = {
      title: t.access.removeTitle(username),
      text: t.access.removeText,
      action: t.access.remove,
      run: async () => {
        const path = `/users/${encodeURIComponent(username)}`;
        if (await app.attempt(() => app.api.delete(path), t.access.removed(username))) load.again();
      },
    };
  };
  return (
    <Card
      isFlush={true}
      title={t.access.users}
      tools={
        <button
          type="button"
          class="button slim"
          onClick={() => {
            edited.value = 'new';
          }}
        >
          <Icon name="add" />
          {t.access.addUser}
        </button>
      }
    >
      <Loaded of={load}>
        {(users) => (
          <div class="table cards">
            <table>
              <caption class="unseen">{t.access.users}</caption>
              <thead>
                <tr>
                  <th scope="col">{t.login.username}</th>
                  <th scope="col">{t.access.role}</th>
                  <th scope="col">{t.access.lastLogin}</th>
                  <th scope="col">
                    <span class="unseen">{t.common.actions}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {users.map((user) => (
                  <tr key={user.username}>
                    <th scope="row">
                      {user.username} {user.username === own ? <span class="tag">{t.access.you}</span> : null}
                      {user.mustChangePassword ? <span class="tag warn">{t.access.mustChange}</span> : null}
                    </th>
                    <td data-label={t.access.role}>{t.roles[user.role]}</td>
                    <td data-label={t.access.lastLogin}>
                      {user.lastLoginAt === undefined ? (
                        <span class="muted">{t.access.never}</span>
                      ) : (
                        <Ago at={user.lastLoginAt} />
                      )}
                    </td>
                    <td class="beside">
                      <div class="actions">
                        <button
                          type="button"
                          class="button plain icon slim"
                          aria-label={t.access.editOf(user.username)}
                          onClick={() => {
                            edited.value = user;
                          }}
                        >
                          <Icon name="edit" />
                        </button>
                        <button
                          type="button"
                          class="button plain icon slim danger"
                          aria-label={t.access.removeOf(user.username)}
                          disabled={user.username === own}
                          onClick={() => askToRemove(user.username)}
                        >
                          <Icon name="remove" />
                        </button>
                      </div>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      <Confirm question={question} />
      {edited.value === undefined ? null : (
        <UserDialog
          user={edited.value === 'new' ? undefined : edited.value}
          onClose={() => {
            edited.value = undefined;
            load.again();
          }}
        />
      )}
    </Card>
  );
}

function UserDialog(props: { readonly user: UserView | undefined; readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const { user } = props;
  const [name, password] = [useSignal(user?.username ?? ''), useSignal('')];
  const role = useSignal<Role>(user?.role ?? 'viewer');
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const request: UserRequest = { username: name.value, role: role.value, password: password.value };
    const patch = { role: role.value, ...(password.value === '' ? {} : { password: password.value }) };
    const isDone = await app.attempt(
      () =>
        user === undefined
          ? app.api.post('/users', request)
          : app.api.patch(`/users/${encodeURIComponent(user.username)}`, patch),
      t.access.saved(name.value),
    );
    if (isDone) props.onClose();
  };
  return (
    <Dialog title={user === undefined ? t.access.addUser : t.access.editOf(user.username)} onClose={props.onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        {user === undefined ? (
          <TextField
            label={t.login.username}
            value={name.value}
            isRequired={true}
            onInput={(value) => {
              name.value = value;
            }}
          />
        ) : null}
        <RoleField
          value={role.value}
          onInput={(value) => {
            role.value = value;
          }}
        />
        <TextField
          label={t.login.password}
          type="password"
          value={password.value}
          autocomplete="new-password"
          hint={user === undefined ? t.login.rule : t.access.keepPassword}
          isRequired={user === undefined}
          onInput={(value) => {
            password.value = value;
          }}
        />
        <button type="submit" class="button primary">
          {t.common.save}
        </button>
      </form>
    </Dialog>
  );
}
