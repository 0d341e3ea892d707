// SaveDialog: what would change in the
// configuration, line by line, before it is
// done.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ConfigObject } from '../../http/api-config-types.ts';
import { useApp, useText } from '../app.ts';
import type { BridgeDraft } from '../bridge-draft.ts';
import { linesOf } from '../config-object.ts';
import { diffOf, shortDiff } from '../diff.ts';
import { Dialog } from '../parts/dialog.tsx';
import { DiffView } from '../parts/diff-view.tsx';
import { Notice } from '../parts/notice.tsx';

/** The last look, and the save. */
export function SaveDialog(props: {
  readonly draft: BridgeDraft;
  /** Undefined for a new one. */
  readonly name: string | undefined;
  readonly saved: ConfigObject;
  readonly onClose: () => void;
}): JSX.Element {
  const app = useApp();
  const t = useText();
  const { draft, name } = props;
  const fault = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const title = draft.name.value;
  const before = name === undefined ? [] : linesOf({ [`bridges.mqtt.${title}`]: props.saved });
  const lines = diffOf(before, linesOf({ [`bridges.mqtt.${title}`]: draft.config.value }));
  const isSame = lines.every(({ kind }) => kind === 'same');
  const save = async (): Promise<void> => {
    isBusy.value = true;
    const body = { name: title, config: draft.config.value };
    try {
      if (name === undefined) await app.api.post('/bridges', body);
      else await app.api.put(`/bridges/${encodeURIComponent(name)}`, body.config);
      app.toast('good', t.editor.saved(title));
      app.go(['bridges', title]);
    } catch (error) {
      fault.value = app.told(error);
      isBusy.value = false;
    }
  };
  return (
    <Dialog
      title={t.editor.review}
      isBroad={true}
      onClose={props.onClose}
      footer={
        <>
          <button type="button" class="button" onClick={props.onClose}>
            {t.common.back}
          </button>
          <button type="button" class="button primary" disabled={isSame || isBusy.value} onClick={() => void save()}>
            {t.editor.confirm}
          </button>
        </>
      }
    >
      <div class="stack">
        <p class="muted">{isSame ? t.editor.nothingChanged : t.editor.reviewText}</p>
        {fault.value === undefined ? null : (
          <div role="alert">
            <Notice tone="bad">{fault.value}</Notice>
          </div>
        )}
        {isSame ? null : <DiffView lines={shortDiff(lines, 3)} />}
      </div>
    </Dialog>
  );
}
