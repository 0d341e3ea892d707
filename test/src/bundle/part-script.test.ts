// Modules as esbuild writes them become bodies of functions that bind, give and promise what the modules did.
import { compileFunction } from 'node:vm';
import { transform } from 'esbuild';
import t from 'tap';
import { partScript } from '../../../src/bundle/part-script.ts';

const parts: Readonly<Record<string, string>> = { './one-AAAA.js': 'app/one', './two-BBBB.js': 'app/two' };

const scriptOf = (text: string): string => partScript({ text, partOf: (path) => parts[path] });

/** What a script gives back, where `need` gives these exports. */
function run(script: string, exported: Readonly<Record<string, object>> = {}): Record<string, unknown> {
  const need = (name: string): object => exported[name] ?? {};
  const load = async (name: string): Promise<object> => need(name);
  return compileFunction(script, ['need', 'load', 'require'])(need, load, (name: string) => ({ name }));
}

t.test('imports of parts and packages are bound, wherever they stand and whatever they are called here', async (t) => {
  const script = scriptOf(
    'import{a as b,c}from"./one-AAAA.js";import{sep as s}from"node:path";var f=class{};import p from"node:process";' +
      'import*as o from"node:os";import"./two-BBBB.js";var g=1;export{b as x,c as y,s as sep,p as q,o as r};\n',
  );
  t.notMatch(script, /app\/two/, 'what is imported for its effects only is not loaded');
  const { x, y, q, r } = run(script, { 'app/one': { a: 1, c: 2 } });
  t.same([x, y, q, r], [1, 2, { name: 'node:process' }, { name: 'node:os' }]);
});

t.test('what is imported late is loaded when it is wanted', async (t) => {
  const { get } = run(scriptOf('var a=async()=>(await import("./one-AAAA.js")).start;export{a as get};'), {
    'app/one': { start: 7 },
  });
  t.equal(await (typeof get === 'function' ? get() : undefined), 7);
});

t.test('what only looks like an import stays as it is', async (t) => {
  const { a } = run(scriptOf('var a="x=import{b}from and export{c}";export{a};'));
  t.equal(a, 'x=import{b}from and export{c}');
});

t.test('a form that is not known does not compile', async (t) => {
  const left = scriptOf('import a,{b}from"./one-AAAA.js" with{type:"json"};export{a};');
  t.throws(() => compileFunction(left), { name: 'SyntaxError' });
});

t.test('scripts are ASCII and strict, whatever the source says', async (t) => {
  const { code } = await transform(
    'export const a = /[é-ÿ€]/u.test("€"), b = "日本", f = function () { return this; };',
    {
      minify: true,
      format: 'esm',
    },
  );
  const script = scriptOf(code);
  t.match(script, /^[\x20-\x7e\n]*$/);
  const { a, b, f } = run(script);
  t.same([a, b], [true, '日本']);
  t.equal(typeof f === 'function' ? f() : 0, undefined);
});
