// DraftRules: the rules of a bridge being edited, in their order. Each shows where
// messages come from and where they go, in the direction they take; everything
// else is behind "More".
import type { JSX } from 'preact';
import type { ConfigObject, ConfigValue } from '../../http/api-config-types.ts';
import { useText } from '../app.ts';
import type { BridgeDraft } from '../bridge-draft.ts';
import { ruleForms } from '../bridge-fields.ts';
import { rulesAt, textAt, valueAt, withValue } from '../config-object.ts';
import { Switch, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty } from '../parts/loaded.tsx';
import { Tried } from '../parts/tried.tsx';
import { DraftField } from './draft-field.tsx';

/** One list of rules. */
export function DraftRules(props: {
  readonly draft: BridgeDraft;
  readonly kind: 'forwards' | 'subscriptions';
}): JSX.Element {
  const t = useText();
  const { draft, kind } = props;
  const form = ruleForms[kind];
  const rules = rulesAt(draft.config.value, form.list);
  const set = (next: readonly ConfigObject[]): void => draft.setRules(form.list, next);
  const add = (): void => set([...rules, { [form.filter]: '', [form.target]: '' }]);
  return (
    <div class="stack">
      {rules.length > 0 ? null : (
        <div class="card">
          <Empty icon="arrow" title={t.editor.noRules[kind]} text={t.editor.noRulesText[kind]}>
            <button type="button" class="button primary" onClick={add}>
              <Icon name="add" />
              {t.editor.addRule}
            </button>
          </Empty>
        </div>
      )}
      {rules.map((rule, index) => (
        <Rule
          // the place of a rule is what it is
          key={`${kind} ${index}`}
          draft={draft}
          kind={kind}
          rule={rule}
          index={index}
          onChange={(next) => set(rules.map((one, at) => (at === index ? next : one)))}
          onMove={(step) => set(moved(rules, index, step))}
          onRemove={() => set(rules.filter((_, at) => at !== index))}
        />
      ))}
      {rules.length === 0 ? null : (
        <div>
          <button type="button" class="button" onClick={add}>
            <Icon name="add" />
            {t.editor.addRule}
          </button>
        </div>
      )}
    </div>
  );
}

function Rule(props: {
  readonly draft: BridgeDraft;
  readonly kind: 'forwards' | 'subscriptions';
  readonly rule: ConfigObject;
  readonly index: number;
  readonly onChange: (rule: ConfigObject) => void;
  readonly onMove: (step: 1 | -1) => void;
  readonly onRemove: () => void;
}): JSX.Element {
  const t = useText();
  const { draft, kind, rule, index } = props;
  const form = ruleForms[kind];
  const words = t.rules[kind];
  const path = `${form.list}.${index}`;
  const set = (key: string, value: ConfigValue | undefined): void => {
    // both topics stay in the file, also when they are empty: that keeps the topic
    const isTopic = key === form.filter || key === form.target;
    props.onChange(isTopic && value === '' ? { ...rule, [key]: '' } : withValue(rule, key, value));
  };
  const isOn = textAt(rule, 'enable') !== 'false';
  const preview = draft.previews.value.find((one) => one.list === kind && one.index === index);
  const number = t.editor.ruleNumber(index + 1);
  const filterValue = valueAt(rule, form.filter);
  const filter = Array.isArray(filterValue) ? filterValue.map(String).join(', ') : textAt(rule, form.filter);
  return (
    <fieldset class="rule" aria-label={number}>
      <div class="head">
        <strong class="grow">{number}</strong>
        <Switch
          label={isOn ? t.common.on : t.common.off}
          isOn={isOn}
          onSwitch={(on) => set('enable', on ? undefined : false)}
        />
        <button
          type="button"
          class="button plain icon slim"
          aria-label={t.editor.moveUp(index + 1)}
          onClick={() => props.onMove(-1)}
        >
          <Icon name="up" />
        </button>
        <button
          type="button"
          class="button plain icon slim"
          aria-label={t.editor.moveDown(index + 1)}
          onClick={() => props.onMove(1)}
        >
          <Icon name="down" />
        </button>
        <button
          type="button"
          class="button plain icon slim danger"
          aria-label={t.editor.removeRule(index + 1)}
          onClick={props.onRemove}
        >
          <Icon name="remove" />
        </button>
      </div>
      <div class="inside">
        <div class="way">
          <TextField
            label={words.filter}
            configKey={form.filter}
            value={filter}
            placeholder={kind === 'forwards' ? 'sensors/#' : 'cmd/+'}
            fault={draft.faultOf(`${path}.${form.filter}`) ?? draft.faultOf(path)}
            isMono={true}
            isRequired={true}
            onInput={(value) =>
              set(form.filter, value.includes(',') ? value.split(',').map((part) => part.trim()) : value)
            }
          />
          <Icon name="arrow" />
          <TextField
            label={words.target}
            configKey={form.target}
            value={textAt(rule, form.target)}
            placeholder={t.editor.keepTopic}
            fault={draft.faultOf(`${path}.${form.target}`)}
            isMono={true}
            onInput={(value) => set(form.target, value)}
          />
        </div>
        {preview?.tried === undefined ? null : (
          <div class="preview">
            <Tried topic={preview.topic} tried={preview.tried} />
          </div>
        )}
        <details class="more">
          <summary>{t.editor.more}</summary>
          <div class="fields">
            {form.more.map((field) => (
              <DraftField
                key={field.key}
                field={field}
                words={t.ruleFields[field.key]}
                config={rule}
                fault={draft.faultOf(`${path}.${field.key}`)}
                onChange={(value) => set(field.key, value)}
              />
            ))}
          </div>
        </details>
      </div>
    </fieldset>
  );
}

function moved<Item>(items: readonly Item[], from: number, step: number): readonly Item[] {
  const item = items[from];
  if (item === undefined || from + step < 0 || from + step >= items.length) return items;
  const others = items.filter((_, at) => at !== from);
  return [...others.slice(0, from + step), item, ...others.slice(from + step)];
}
