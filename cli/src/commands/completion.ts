/** `completion`: a script for the shell, made from the tree of commands itself. */
import { Argument, type Command } from 'commander';
import { action, examples } from '../shell.ts';

type Word = { name: string; description: string };
/** What may follow a path of commands; the path of the program itself is empty. */
type Place = { path: string; words: Word[] };
type ShellName = 'bash' | 'zsh' | 'fish';

export function addCompletion(program: Command, root: () => Command): void {
  program
    .command('completion')
    .description('print a completion script for your shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples(
        'completion bash > ~/.local/share/bash-completion/completions/opencota',
        'completion zsh > ~/.zfunc/_opencota',
        'completion fish > ~/.config/fish/completions/opencota.fish',
      ),
    )
    .action(
      action<[ShellName]>(async ({ out }, [shell]) => {
        const places = placesOf(root(), '');
        const script = SCRIPTS[shell](places, globalWords(root()));
        out.print({ shell, script }, () => script);
      }),
    );
}

function placesOf(command: Command, path: string): Place[] {
  const inner = command.commands.map((each) => ({ name: each.name(), description: each.description() }));
  const options = path === '' ? [] : optionWords(command);
  return [
    { path, words: [...inner, ...options] },
    ...command.commands.flatMap((each) => placesOf(each, `${path} ${each.name()}`.trim())),
  ];
}

function optionWords(command: Command): Word[] {
  return command.options.flatMap(({ long, description }) => (long ? [{ name: long, description }] : []));
}

function globalWords(program: Command): Word[] {
  return [...optionWords(program), { name: '--help', description: 'display help for command' }];
}

const namesOf = (words: readonly Word[]) => words.map(({ name }) => name).join(' ');
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const SCRIPTS: Readonly<Record<ShellName, (places: Place[], globals: Word[]) => string>> = {
  bash: (places, globals) => `# opencota completion for bash
_opencota() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word i words=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$path \${word}" in
${places.map(({ path }) => (path === '' ? '' : `      ${quote(pathWord(path))}) path=${quote(path)} ;;\n`)).join('')}    esac
  done
  case "$path" in
${places.map(({ path, words }) => `    ${quote(path)}) words=${quote(namesOf(words))} ;;\n`).join('')}  esac
  if [[ "$current" == -* ]]; then words="$words ${namesOf(globals)}"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _opencota opencota`,

  zsh: (places, globals) => `#compdef opencota
_opencota() {
  local place="" word
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
${places.map(({ path }) => (path === '' ? '' : `      ${quote(pathWord(path))}) place=${quote(path)} ;;\n`)).join('')}    esac
  done
  case "$place" in
${places.map(({ path, words }) => `    ${quote(path)}) choices=(${words.map(describe).join(' ')}) ;;\n`).join('')}  esac
  if [[ "$PREFIX" == -* ]]; then choices+=(${globals.map(describe).join(' ')}); fi
  _describe 'opencota' choices || _files
}
compdef _opencota opencota`,

  fish: (places, globals) =>
    [
      '# opencota completion for fish',
      'function __opencota_at',
      '  set -l place',
      '  for word in (commandline -opc)[2..]',
      '    switch "$place $word"',
      ...places.flatMap(({ path }) =>
        path === '' ? [] : [`      case ${quote(pathWord(path))}`, `        set place ${quote(path)}`],
      ),
      '    end',
      '  end',
      '  test "$place" = "$argv[1]"',
      'end',
      ...places.flatMap(({ path, words }) =>
        words.map((word) => fishLine(`__opencota_at ${quote(path)}`, word)),
      ),
      ...globals.map((word) => fishLine('true', word)),
    ].join('\n'),
};

/** The path before a word and the word, as the scripts compare them. */
function pathWord(path: string): string {
  const at = path.lastIndexOf(' ');
  return at < 0 ? ` ${path}` : path;
}

function describe({ name, description }: Word): string {
  return quote(`${name.replaceAll(':', '\\:')}:${description.replaceAll('\n', ' ')}`);
}

function fishLine(condition: string, { name, description }: Word): string {
  const what = name.startsWith('--') ? `-l ${quote(name.slice(2))}` : `-f -a ${quote(name)}`;
  return `complete -c opencota -n ${quote(condition)} ${what} -d ${quote(description)}`;
}
