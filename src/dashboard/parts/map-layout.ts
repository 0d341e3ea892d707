// MapLayout: where everything of the map of brokers stands, for a width in pixels. Wide: devices, this broker
// and the remotes from left to right. Narrow: this broker above, the remotes below it. Pure. Bounded:
// `bridgesMax` rows.

/** Bridges that the map shows; the page says how many more there are. */
export const bridgesMax = 8;

/** A box. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A bridge on the map: the box of its remote, the road there, and where its numbers stand. */
export interface Road {
  readonly box: Box;
  /** SVG path from this broker to the remote. */
  readonly path: string;
  readonly label: { readonly x: number; readonly y: number };
}

/** The whole map. */
export interface MapLayout {
  readonly height: number;
  readonly self: Box;
  /** Absent where there is no room beside. */
  readonly devices: (Box & { readonly path: string }) | undefined;
  readonly roads: readonly Road[];
}

const box = { height: 56, gap: 20 } as const;
const narrowBelow = 620;

/** Lays the map out. */
export function layoutOf(width: number, bridgeCount: number): MapLayout {
  const count = Math.min(bridgeCount, bridgesMax);
  return width < narrowBelow ? narrow(width, count) : wide(width, count);
}

function wide(width: number, count: number): MapLayout {
  const height = Math.max(1, count) * (box.height + box.gap) + box.gap;
  const middle = height / 2;
  const self = { x: Math.round(width * 0.28), y: middle - 36, width: 196, height: 72 };
  const side = Math.min(140, self.x - 70);
  const devices = { x: 1, y: middle - box.height / 2, width: side, height: box.height };
  const remoteWidth = Math.min(250, Math.round(width * 0.3));
  const roads = Array.from({ length: count }, (_, at) => {
    const y = box.gap + at * (box.height + box.gap);
    const [fromX, fromY] = [self.x + self.width, middle + (at - (count - 1) / 2) * Math.min(10, 56 / count)];
    const [toX, toY] = [width - remoteWidth - 1, y + box.height / 2];
    const bend = (toX - fromX) * 0.42;
    return {
      box: { x: toX, y, width: remoteWidth, height: box.height },
      path: `M${fromX} ${fromY}C${fromX + bend} ${fromY} ${toX - bend} ${toY} ${toX} ${toY}`,
      label: { x: toX - 16, y: toY },
    };
  });
  const path = `M${devices.x + side} ${middle}L${self.x} ${middle}`;
  return { height, self, devices: { ...devices, path }, roads };
}

function narrow(width: number, count: number): MapLayout {
  const self = { x: 1, y: 8, width: width - 2, height: 60 };
  const row = box.height + 26;
  const roads = Array.from({ length: count }, (_, at) => {
    const y = self.y + self.height + 30 + at * row;
    const [x, middle] = [48, y + box.height / 2];
    return {
      box: { x, y, width: width - x - 1, height: box.height },
      path: `M22 ${self.y + self.height}V${middle - 12}Q22 ${middle} 34 ${middle}H${x}`,
      label: { x: width - 12, y: y - 6 },
    };
  });
  return { height: self.y + self.height + 30 + count * row, self, devices: undefined, roads };
}
