// Main: where the pages begin. It asks who
// is logged in, and shows the login or the
// pages.
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/pages.css';
import './style/uplot.css';
import { type JSX, render } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SessionReply } from '../http/api-types.ts';
import { App, AppContext, useApp } from './app.ts';
import { Login, NewPassword } from './pages/login.tsx';
import { Skeleton } from './parts/loaded.tsx';
import { Toasts } from './parts/notice.tsx';
import { Shell } from './shell.tsx';

function Root(): JSX.Element {
  const app = useApp();
  useEffect(() => {
    // who never logged in here, or logged out, need not ask
    if (!app.mayHaveSession) {
      app.loggedOut();
      return;
    }
    app.api.get<SessionReply>('/session').then(
      (session) => app.loggedIn(session),
      () => app.loggedOut(),
    );
  }, [app]);
  const session = app.session.value;
  if (session === undefined) return <Skeleton />;
  if (session === null) return <Login />;
  return session.mustChangePassword ? <NewPassword session={session} /> : <Shell />;
}

const place = document.getElementById('app');
if (place !== null) {
  render(
    <AppContext.Provider value={new App()}>
      <Root />
      <Toasts />
    </AppContext.Provider>,
    place,
  );
}
