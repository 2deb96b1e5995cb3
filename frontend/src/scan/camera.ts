/** Scans with the camera of a phone, beside a scanner: the browser's own reader where there is one, else one that is loaded then. */
export interface Reader {
  detect(video: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

interface NativeReader {
  new (options: { formats: string[] }): Reader;
  getSupportedFormats(): Promise<string[]>;
}

const EVERY_MS = 140;
/** A code that stays in the picture is one scan; it counts again when it was away for so long. */
const AWAY_MS = 1200;
const WANTED = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128", "code_39", "itf", "data_matrix", "qr_code"];

/** Lets each sight of a code through once. */
export class Sight {
  #seen = new Map<string, number>();

  isNew(code: string, at: number): boolean {
    const last = this.#seen.get(code);
    this.#seen.set(code, at);
    return last === undefined || at - last > AWAY_MS;
  }
}

export function hasNativeReader(): boolean {
  return "BarcodeDetector" in window;
}

/** Loads the reader for browsers without one; kept by the service worker, it works without a network later. */
export async function fallback(): Promise<Reader> {
  return new (await import("./camera-reader")).PictureReader();
}

async function reader(): Promise<Reader> {
  if (hasNativeReader()) {
    const native = (window as unknown as { BarcodeDetector: NativeReader }).BarcodeDetector;
    const known = await native.getSupportedFormats().catch((): string[] => []);
    const formats = WANTED.filter((format) => known.includes(format));
    if (formats.length > 0) return new native({ formats });
  }
  return fallback();
}

export class Camera {
  #stream: MediaStream | null = null;
  #timer = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly found: (code: string) => void,
  ) {}

  get open(): boolean {
    return this.#stream !== null;
  }

  /** Whether there is a torch that can be lit. */
  get torch(): boolean {
    const track = this.#stream?.getVideoTracks()[0];
    return track !== undefined && "torch" in ((track.getCapabilities?.() ?? {}) as object);
  }

  async start(): Promise<void> {
    const [stream, eyes] = await Promise.all([
      navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false }),
      reader(),
    ]);
    this.#stream = stream;
    this.video.srcObject = stream;
    await this.video.play();
    const sight = new Sight();
    const look = async (): Promise<void> => {
      if (!this.#stream) return;
      for (const { rawValue } of await eyes.detect(this.video).catch(() => [])) {
        if (rawValue && sight.isNew(rawValue, performance.now())) this.found(rawValue);
      }
      this.#timer = window.setTimeout(() => void look(), EVERY_MS);
    };
    void look();
  }

  async light(on: boolean): Promise<void> {
    const wish = { advanced: [{ torch: on }] } as unknown as MediaTrackConstraints;
    await this.#stream?.getVideoTracks()[0]?.applyConstraints(wish);
  }

  stop(): void {
    window.clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
  }
}
