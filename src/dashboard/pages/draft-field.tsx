// DraftField: a field of the form of a bridge or a rule, made from what the table says of
// it. A value that is the default is not written; a secret that is set is kept unless
// something is typed.
import type { JSX } from 'preact';
import type { ConfigObject, ConfigValue } from '../../http/api-config-types.ts';
import { useText } from '../app.ts';
import type { BridgeField } from '../bridge-fields.ts';
import { isSecret, textAt, valueAt } from '../config-object.ts';
import { ChoiceField, Field, Switch, TextField } from '../parts/field.tsx';

/** A label and what is good to know. */
export interface FieldWords {
  readonly label: string;
  readonly hint?: string;
  /** The values of a choice, by value; `''` for the default. */
  readonly choices?: Readonly<Record<string, string>>;
}

/** One field. */
export function DraftField(props: {
  readonly field: BridgeField;
  readonly words: FieldWords;
  readonly config: ConfigObject;
  readonly fault: string | undefined;
  readonly onChange: (value: ConfigValue | undefined) => void;
}): JSX.Element {
  const { field, words, config, fault, onChange } = props;
  const { key, kind, fallback = '' } = field;
  const t = useText();
  const common = { label: words.label, configKey: key, hint: words.hint, fault, class: key === 'server' ? 'full' : '' };
  const text = textAt(config, key);
  switch (kind) {
    case 'switch': {
      const isOn = (text === '' ? fallback : text) === 'true';
      return (
        <Field {...common}>
          {({ id }) => (
            <Switch
              id={id}
              label={isOn ? t.common.on : t.common.off}
              isOn={isOn}
              onSwitch={(next) => onChange(String(next) === fallback ? undefined : next)}
            />
          )}
        </Field>
      );
    }
    case 'choice':
      return (
        <ChoiceField
          {...common}
          value={text === '' ? fallback : text}
          choices={(field.choices ?? []).map((value) => [value, words.choices?.[value] ?? value] as const)}
          onInput={(value) => onChange(value)}
        />
      );
    case 'secret': {
      const isSet = isSecret(valueAt(config, key));
      return (
        <TextField
          {...common}
          type="password"
          value={text}
          placeholder={isSet ? t.editor.secretSet : undefined}
          autocomplete="new-password"
          onInput={(value) => onChange(value === '' && isSet ? { $secret: true } : value)}
        />
      );
    }
    case 'list': {
      const value = valueAt(config, key);
      const listed = Array.isArray(value) ? value.map(String).join(', ') : text;
      return (
        <TextField
          {...common}
          value={listed}
          isMono={true}
          onInput={(typed) => onChange(typed === '' ? undefined : typed.split(',').map((part) => part.trim()))}
        />
      );
    }
    default:
      return (
        <TextField
          {...common}
          value={text}
          placeholder={fallback}
          isMono={kind === 'topic' || key === 'server'}
          onInput={onChange}
        />
      );
  }
}
