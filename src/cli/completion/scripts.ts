// The scripts that a shell loads. They know nothing of our options: for each press of the key they ask `effusion __complete`, which
// answers from the command tree of the version that is installed. Its first line says which paths the shell adds itself.

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** bash splits words at = and : too, so they are joined before we are asked, and what stands before the split is cut from the answer. */
const BASH = `# effusion completion for bash. In ~/.bashrc: source <(effusion completion bash)
_effusion() {
  local i word joined=() plain=() cut='' quote=''
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ \${#joined[@]} -gt 0 && ( $word == [=:]* || \${joined[-1]} == *[=:] && \${COMP_WORDS[i-1]} == [=:] ) ]]; then
      joined[-1]+=$word
    else
      joined+=("$word")
    fi
  done
  word=\${joined[-1]}
  cut=\${word%"\${COMP_WORDS[COMP_CWORD]}"}
  [[ \${COMP_WORDS[COMP_CWORD]} == [=:] ]] && cut=$word
  # As they stand on the line, quotes and all: a name with such letters in it is not found.
  for word in "\${joined[@]}"; do
    word=\${word//\\\\/}
    word=\${word//\\"/}
    word=\${word//\\'/}
    plain+=("$word")
  done
  # One that opens later in the word is taken for the kind in which more has a meaning.
  [[ \${COMP_WORDS[COMP_CWORD]} == *[\\'\\"]* ]] && quote=\\"
  [[ \${COMP_WORDS[COMP_CWORD]} == \\'* ]] && quote=\\'
  local kind='' candidate description ends=''
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate description; do
    if [[ -z $kind ]]; then kind=$candidate; continue; fi
    candidate=\${candidate#"$cut"}
    # Within quotes it would stand as it is, and a torrent's names are a stranger's: one that could end the quotes, or run in them, is left out.
    [[ $quote == \\' && $candidate == *\\'* ]] && continue
    [[ $quote == \\" && $candidate == *[\\\\\\"\\'\\\`\\$!]* ]] && continue
    ends+=\${candidate: -1}
    [[ -z $quote && $candidate == *[[:space:]\\"\\'\\\`\\$\\&\\;\\(\\)\\<\\>\\|\\*\\?\\[\\\\!]* ]] && candidate=$(printf '%q' "$candidate")
    COMPREPLY+=("$candidate")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${plain[@]}" 2>/dev/null)
  # Something is to follow.
  [[ -n $ends && -z \${ends//[=:]/} ]] && compopt -o nospace
  word=\${word#"$cut"}
  word=\${word/#\\~\\//$HOME/}
  case $kind in
    :files) compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word") ;;
    :folders) compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word") ;;
    :torrents)
      compopt -o filenames
      mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word"; compgen -f -X '!*.torrent' -- "$word")
      ;;
  esac
}
complete -F _effusion effusion
`;

const ZSH = `#compdef effusion
# effusion completion for zsh. In ~/.zshrc, behind compinit: source <(effusion completion zsh)
_effusion() {
  local -a lines texts shown
  local line kind prefix=''
  # An open quote is not part of what is typed.
  local typed=\${(Q)words[CURRENT]}
  [[ -n $QIPREFIX ]] && typed=$PREFIX
  lines=("\${(@f)$(command "\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT-1]}" "$typed" 2>/dev/null)}")
  kind=\${lines[1]}
  for line in "\${(@)lines[2,-1]}"; do
    texts+=("\${line%%$'\\t'*}")
    if [[ -n \${line#*$'\\t'} ]]; then shown+=("\${line%%$'\\t'*}  -- \${line#*$'\\t'}"); else shown+=("\${line%%$'\\t'*}"); fi
  done
  # Something is to follow a = or a colon.
  local -a after
  [[ -z \${(M)texts:#*[^=:]} ]] && after=(-S '')
  (( \${#texts} )) && compadd "\${(@)after}" -l -d shown -a texts
  # What follows --option= is a path of its own.
  [[ $kind != :none && $PREFIX == --*=* ]] && compset -P '--*='
  case $kind in
    :files) _files ;;
    :folders) _files -/ ;;
    :torrents) _files -g '*.torrent' ;;
  esac
}
if [[ \${funcstack[1]} == _effusion ]]; then _effusion "$@"; else compdef _effusion effusion; fi
`;

const FISH = `# effusion completion for fish. In a file: effusion completion fish > ~/.config/fish/completions/effusion.fish
function __effusion_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct | string unescape)
    set -l answer (command $words[1] __complete -- $words[2..] "$typed" 2>/dev/null)
    printf '%s\\n' $answer[2..]
    set -l path (string replace -r -- '^--[^=]*=' '' "$typed")
    set -l before (string sub -l (math (string length -- "$typed") - (string length -- "$path")) -- "$typed")
    switch "$answer[1]"
        case :files
            printf "$before%s\\n" (__fish_complete_path "$path")
        case :folders
            printf "$before%s\\n" (__fish_complete_directories "$path")
        case :torrents
            printf "$before%s\\n" (__fish_complete_path "$path" | string match -r -- '^.*(?:/|\\.torrent)(?:\\t.*)?$')
    end
end
complete -c effusion -e
complete -c effusion -f -a '(__effusion_complete)'
`;

const POWERSHELL = `# effusion completion for PowerShell. In $PROFILE: effusion completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName effusion -ScriptBlock {
  param($typed, $line, $cursor)
  $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -le $cursor } | Select-Object -Skip 1 | ForEach-Object {
    if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.ToString() }
  })
  # PowerShell drops empty arguments on their way to a program, so all words go as one.
  if ($typed -eq '') { $words += '' }
  $answer = @(effusion __complete --words ($words -join [char]31) 2>$null)
  foreach ($entry in ($answer | Select-Object -Skip 1)) {
    $text, $description = $entry -split [char]9, 2
    if (-not $description) { $description = $text }
    $written = if ($text -match "[\\s\\u2018-\\u201B'\`"$&;()|<>{}]") { "'" + ($text -replace "['\\u2018-\\u201B]", '$0$0') + "'" } else { $text }
    [System.Management.Automation.CompletionResult]::new($written, $text, 'ParameterValue', $description)
  }
  if ($answer.Count -gt 0 -and $answer[0] -ne ':none') {
    foreach ($result in [System.Management.Automation.CompletionCompleters]::CompleteFilename($typed)) {
      $isFolder = $result.ResultType -eq 'ProviderContainer'
      if ($isFolder -or $answer[0] -eq ':files' -or ($answer[0] -eq ':torrents' -and $result.ListItemText -like '*.torrent')) { $result }
    }
  }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
