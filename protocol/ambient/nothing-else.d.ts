// What every package is to protocol/ but those that it is meant to import: this file, which is no module and exports
// nothing, so that the import of anything else is an error here. node:buffer is declared beside it, mqtt-packet is
// named in tsconfig.json.
