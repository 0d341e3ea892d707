// DeviceUsers: the devices that log in with a name and a
// password. Those of a password file are shown and are changed
// where the file is.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { MqttUserView } from '../../http/api-broker-types.ts';
import { useApp, useText } from '../app.ts';
import { Card } from '../parts/card.tsx';
import { Confirm, Dialog, useQuestion } from '../parts/dialog.tsx';
import { TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty } from '../parts/loaded.tsx';
import { Paged } from '../parts/paged.tsx';

/** The list, and what can be done with it. */
export function DeviceUsers(): JSX.Element {
  const app = useApp();
  const t = useText();
  const turn = useSignal(0);
  const question = useQuestion();
  const isAdding = useSignal(false);
  const askToRemove = (username: string): void => {
    question.value = {
      title: t.access.removeTitle(username),
      text: t.access.removeDeviceText,
      action: t.access.remove,
      run: async () => {
        const path = `/mqtt-users/${encodeURIComponent(username)}`;
        if (await app.attempt(() => app.api.delete(path), t.access.removed(username))) turn.value++;
      },
    };
  };
  return (
    <Card
      isFlush={true}
      title={t.access.devices}
      tools={
        <button
          type="button"
          class="button slim"
          onClick={() => {
            isAdding.value = true;
          }}
        >
          <Icon name="add" />
          {t.access.addDevice}
        </button>
      }
    >
      <Paged<MqttUserView>
        path="/mqtt-users"
        revision={String(turn.value)}
        empty={<Empty icon="key" title={t.access.noDevices} text={t.access.noDevicesText} />}
      >
        {(items) => (
          <div class="table cards">
            <table>
              <caption class="unseen">{t.access.devices}</caption>
              <thead>
                <tr>
                  <th scope="col">{t.login.username}</th>
                  <th scope="col">{t.access.kind}</th>
                  <th scope="col">
                    <span class="unseen">{t.common.actions}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ username, isSuperuser, isEditable }) => (
                  <tr key={username}>
                    <th scope="row">{username}</th>
                    <td data-label={t.access.kind}>
                      <span class="row tight">
                        {isSuperuser ? <span class="tag warn">{t.access.superuser}</span> : null}
                        {isEditable ? null : <span class="tag">{t.access.fromFile}</span>}
                      </span>
                    </td>
                    <td class="beside">
                      <div class="actions">
                        {isEditable ? (
                          <button
                            type="button"
                            class="button plain icon slim danger"
                            aria-label={t.access.removeOf(username)}
                            onClick={() => askToRemove(username)}
                          >
                            <Icon name="remove" />
                          </button>
                        ) : null}
                      </div>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Paged>
      <Confirm question={question} />
      {isAdding.value ? (
        <AddDialog
          onClose={() => {
            isAdding.value = false;
            turn.value++;
          }}
        />
      ) : null}
    </Card>
  );
}

function AddDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const [username, password] = [useSignal(''), useSignal('')];
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const path = `/mqtt-users/${encodeURIComponent(username.value)}`;
    if (await app.attempt(() => app.api.put(path, { password: password.value }), t.access.saved(username.value)))
      onClose();
  };
  return (
    <Dialog title={t.access.addDevice} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <TextField
          label={t.login.username}
          value={username.value}
          isRequired={true}
          onInput={(value) => {
            username.value = value;
          }}
        />
        <TextField
          label={t.login.password}
          type="password"
          value={password.value}
          autocomplete="new-password"
          isRequired={true}
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
