// `effusion help events`: what a script has to know to read them. The fields of each are in events.schema.json, which is shipped for
// machines; this is for whoever writes the script.

export const EVENTS_TOPIC = `Events: what happens, as lines of JSON, of download, seed, cat and stream.

  --events         on stdout, and nothing else is there: the path of the result is in complete, the URL of stream in serving; not of cat
  --events=3       on a descriptor that the caller opened (3>FILE); stdout keeps the paths
  --events=FILE    into a file, which is emptied; a name of digits is written ./3

Each line is an object with v (the version of the shape: 1), t (milliseconds since 1970) and event; what is about one torrent also
has id (its number in the run, from 1) and, once it is known, infoHash. Within a version events and fields may be added.

  start      always the first: version, pid
  metadata   of a magnet link: fetching, fetched
  torrent    the metadata is there: name, size, pieces, files, path (absolute, where the result will be); magnet of what seed made
  verify     existing data is hashed: at most once a second, and when it is done
  resume     so many pieces were there
  tracker    answered, or failed and why
  dht        a search is over
  peer       connected, ended (why, and the bytes it sent), failed (dialled in vain), banned
  piece      verified and on disk
  file       whole, under its own name
  serving    of stream: the url that a player is to be given
  progress   at the start, once a second, and at the end
  stall      no data came for some time: reasons, a list
  hashfail   a piece came wrong: peers and webSeeds that had a part in it
  warning    something to know that ends nothing
  complete   whole and verified: path, size, files (index, path, length), bytes and time
  error      what failed: code, exit, message, hint; with id that torrent, without it the run
  done       always the last, once: exit, its name, cause (the signal, if one ended the run)

What cat and stream read is written nowhere: path is empty, piece is verified and held, doneBytes in progress is what was handed out.
done comes at every end that the process can still see: also after an unknown option, a signal, a second ^C or a crash.
A reader that goes away ends the run in order; one that is slow loses progress, piece, peer and the like first, and a warning says how many.
URLs have no secrets in them; texts of strangers are as they came, escaped by JSON.

The JSON Schema is in the package: effusion/events.schema.json.
`;
