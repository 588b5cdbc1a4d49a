#!/bin/sh
# Regenerates the speech files of this folder from the dialogues in *.txt.
# Needs espeak-ng and sox. Usage: ./make.sh [output folder]
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

size() { wc -c < "$1" | tr -d ' '; }

# silence BYTES: A-law digital silence, 0xD5, one byte for each sample
silence() { head -c "$1" /dev/zero | tr '\000' '\325'; }

# say VOICE SPEED PITCH LEVEL TEXT: one line of speech as A-law in $tmp/line.al
say() {
    espeak-ng -b 1 -v "de+$1" -s "$2" -p "$3" -w "$tmp/line.wav" -- "$5"
    # Trim both ends, telephone band, level, 8 kHz A-law; -D -R: repeatable.
    sox -D -R "$tmp/line.wav" -t raw -r 8000 -c 1 -e a-law -b 8 "$tmp/line.al" \
        silence 1 0.005 0.2% fade t 0.005 \
        reverse silence 1 0.005 0.2% fade t 0.010 reverse \
        highpass 300 lowpass 3400 rate 8000 gain -n "$4"
}

for txt in "$here"/[0-9]*.txt; do
    name=$(basename "$txt" .txt)
    caller=$tmp/$name.caller.al
    assistant=$tmp/$name.assistant.al
    : > "$caller"
    : > "$assistant"

    while read -r first second rest; do
        case $first in
        '' | '#'*) continue ;;
        voice)
            # voice SPEAKER VARIANT SPEED PITCH LEVEL
            case $second in
            caller) caller_voice=$rest ;;
            assistant) assistant_voice=$rest ;;
            *) echo "$txt: unknown speaker $second" >&2; exit 1 ;;
            esac
            continue ;;
        esac

        case $second in
        caller) voice=$caller_voice speaks=$caller listens=$assistant ;;
        assistant) voice=$assistant_voice speaks=$assistant listens=$caller ;;
        *) echo "$txt: unknown speaker $second" >&2; exit 1 ;;
        esac

        # shellcheck disable=SC2086 # the voice is four words
        say $voice "$rest" < /dev/null
        pause=$(awk -v s="$first" 'BEGIN { printf "%d", s * 8000 }')
        silence "$pause" >> "$caller"
        silence "$pause" >> "$assistant"
        cat "$tmp/line.al" >> "$speaks"
        silence "$(size "$tmp/line.al")" >> "$listens"
    done < "$txt"

    # A short tail, up to a whole number of 20 ms packets (160 bytes).
    length=$(size "$caller")
    tail=$(((length + 1600 + 159) / 160 * 160 - length))
    silence "$tail" >> "$caller"
    silence "$tail" >> "$assistant"

    length=$(size "$caller")
    if [ "$length" -ne "$(size "$assistant")" ]; then
        echo "$name: the legs differ in length" >&2
        exit 1
    fi
    if [ "$length" -lt 96000 ] || [ "$length" -gt 112000 ]; then
        echo "$name: $length bytes, not 12 to 14 s" >&2
        exit 1
    fi
    mv "$caller" "$assistant" "$out/"
    echo "$name: $(awk -v n="$length" 'BEGIN { printf "%.2f", n / 8000 }') s"
done
