// Making a segment's file. A header makes what older files hold from its place on void, so it is written last:
// when everything that it stands for is safe behind it. Whatever goes wrong leaves no file, or one without a
// header.
import { allocateBytes, type Bytes } from '../../protocol/wire/bytes.ts';
import type { Disk, DiskFile } from '../ports/ports.ts';
import { encodeSegmentHeader, type SegmentHeader, segmentHeaderBytes } from './segment-header.ts';

/** What is to be made. */
export interface SegmentFileParts {
  readonly directory: string;
  readonly path: string;
  readonly header: SegmentHeader;
  /** Records, from the header's place on. */
  readonly content: readonly Bytes[];
  /** Bytes to which the file is filled with zeros; 0 for none. */
  readonly sizeMin: number;
}

const pieceBytes = 1024 * 1024;

/** Makes the file of a segment; it is safe with its name and content when this returns. */
export async function createSegmentFile(disk: Disk, parts: SegmentFileParts): Promise<DiskFile> {
  const { directory, path, header, content, sizeMin } = parts;
  const file = await disk.open(path);
  try {
    if (content.length > 0) {
      await file.append([zeros(segmentHeaderBytes), ...content]);
      await file.sync();
    }
    await file.write(0, [encodeSegmentHeader(header)]);
    while (file.size < sizeMin) await file.append([zeros(Math.min(pieceBytes, sizeMin - file.size))]);
    await file.sync();
    await disk.syncDirectory(directory);
    return file;
  } catch (error) {
    await file.close();
    // there may be no room for it, but there always is for removing it
    await disk.remove(path).catch(() => undefined);
    throw error;
  }
}

function zeros(size: number): Bytes {
  return allocateBytes(size).fill(0);
}
