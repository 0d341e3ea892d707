// Login: who comes in, and the change of a password that must not stay.
// A wrong one is answered by the server in its own time; here it is only
// said.
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { SessionReply } from '../../http/api-types.ts';
import { ApiError } from '../api.ts';
import { useApp, useText } from '../app.ts';
import { TextField } from '../parts/field.tsx';
import { Sign } from '../parts/icon.tsx';
import { Notice } from '../parts/notice.tsx';
import { Preferences } from '../parts/preferences.tsx';

/** The shortest password that the server takes, characters. */
const passwordLengthMin = 8;

/** Asks for name and password. */
export function Login(): JSX.Element {
  const app = useApp();
  const t = useText();
  const username = useSignal('');
  const password = useSignal('');
  const fault = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    isBusy.value = true;
    try {
      const body = { username: username.value, password: password.value };
      app.loggedIn(await app.api.post<SessionReply>('/login', body));
    } catch (error) {
      const isWrong = error instanceof ApiError && error.code === 'ERR_HTTP_WRONG_LOGIN';
      fault.value = isWrong ? t.login.wrong : app.told(error);
      password.value = '';
    }
    isBusy.value = false;
  };
  return (
    <Frame onSubmit={submit} title={t.login.title} about={t.login.about}>
      {fault.value === undefined ? null : (
        <div role="alert">
          <Notice tone="bad">{fault.value}</Notice>
        </div>
      )}
      <TextField
        label={t.login.username}
        value={username.value}
        autocomplete="username"
        isRequired={true}
        onInput={(value) => {
          username.value = value;
        }}
      />
      <TextField
        label={t.login.password}
        type="password"
        value={password.value}
        autocomplete="current-password"
        isRequired={true}
        onInput={(value) => {
          password.value = value;
        }}
      />
      <button type="submit" class="button primary" disabled={isBusy.value}>
        {isBusy.value ? t.login.busy : t.login.action}
      </button>
    </Frame>
  );
}

/** Asks for another password, before anything else can be done. */
export function NewPassword({ session }: { readonly session: SessionReply }): JSX.Element {
  const app = useApp();
  const t = useText();
  const [old, fresh, again] = [useSignal(''), useSignal(''), useSignal('')];
  const fault = useSignal<string | undefined>(undefined);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    fault.value = faultOf(old.value, fresh.value, again.value, t.login);
    if (fault.value !== undefined) return;
    try {
      await app.api.post('/session/password', { oldPassword: old.value, newPassword: fresh.value });
      app.loggedIn({ ...session, mustChangePassword: false });
      app.toast('good', t.login.changed);
    } catch (error) {
      fault.value = app.told(error);
    }
  };
  const fields = [
    [old, t.login.oldPassword, 'current-password', undefined],
    [fresh, t.login.newPassword, 'new-password', t.login.rule],
    [again, t.login.repeat, 'new-password', undefined],
  ] as const;
  return (
    <Frame onSubmit={submit} title={t.login.changeTitle} about={t.login.changeAbout}>
      {fault.value === undefined ? null : (
        <div role="alert">
          <Notice tone="bad">{fault.value}</Notice>
        </div>
      )}
      {fields.map(([value, label, autocomplete, hint]) => (
        <TextField
          key={label}
          label={label}
          type="password"
          value={value.value}
          hint={hint}
          autocomplete={autocomplete}
          isRequired={true}
          onInput={(text) => {
            value.value = text;
          }}
        />
      ))}
      <button type="submit" class="button primary">
        {t.login.changeAction}
      </button>
    </Frame>
  );
}

/** What is wrong with a new password, before the server is asked. */
function faultOf(
  old: string,
  fresh: string,
  again: string,
  t: { readonly rule: string; readonly differ: string; readonly sameAsOld: string },
): string | undefined {
  if (fresh.length < passwordLengthMin) return t.rule;
  if (fresh === old) return t.sameAsOld;
  return fresh === again ? undefined : t.differ;
}

function Frame(props: {
  readonly title: string;
  readonly about: string;
  readonly onSubmit: (event: Event) => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const t = useText();
  return (
    <main class="login">
      <div class="form">
        <form onSubmit={props.onSubmit}>
          <span class="brand">
            <Sign />
            Viaduct
          </span>
          <div>
            <h1>{props.title}</h1>
            <p class="muted">{props.about}</p>
          </div>
          {props.children}
          <div class="tools">
            <Preferences />
          </div>
        </form>
      </div>
      <div class="art" aria-hidden="true">
        <Arches />
        <p>{t.login.motto}</p>
        <small>{t.login.mottoAbout}</small>
      </div>
    </main>
  );
}

/** A viaduct of lines, with messages crossing it. */
function Arches(): JSX.Element {
  const arches = Array.from({ length: 7 }, (_, at) => -60 + at * 130);
  const dots = Array.from({ length: 16 }, (_, at) => at * 54 + ((at * 37) % 23));
  return (
    <svg viewBox="0 0 720 900" preserveAspectRatio="xMidYMid slice">
      <title>Viaduct</title>
      {[0, 1, 2].map((row) => (
        <g key={row} transform={`translate(${row * -40} ${row * 150})`} opacity={1 - row * 0.28}>
          <path class="lane" d="M-80 200H820M-80 222H820" />
          {arches.map((x) => (
            <path key={x} class="lane" d={`M${x} 350V290a51 51 0 0 1 102 0V350M${x - 14} 222V350M${x + 116} 222V350`} />
          ))}
          {dots.map((x, at) => (
            <circle key={x} class="dot" cx={x + row * 20} cy={211} r={2.5} opacity={0.25 + ((at * 7) % 10) / 14} />
          ))}
        </g>
      ))}
    </svg>
  );
}
