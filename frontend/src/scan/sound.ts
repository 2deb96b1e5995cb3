/** Says the result of a scan without the screen: sound and vibration. */
let audio: AudioContext | null = null;

function tone(frequency: number, startS: number, lengthS: number, shape: OscillatorType): void {
  if (!audio) return;
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  oscillator.type = shape;
  oscillator.frequency.value = frequency;
  const start = audio.currentTime + startS;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.25, start + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + lengthS);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + lengthS);
}

/** Says *result* without the screen. */
export function signal(result: "ok" | "error"): void {
  if (typeof navigator.vibrate === "function") navigator.vibrate(result === "ok" ? 60 : [120, 80, 120]);
  if (result === "ok") tone(1320, 0, 0.12, "sine");
  else {
    tone(220, 0, 0.18, "square");
    tone(165, 0.22, 0.28, "square");
  }
}

export function wakeAudio(): void {
  // Browsers allow sound only after the first touch or key.  Later, because making it takes as long as half a scan.
  if (audio?.state === "running") return;
  window.setTimeout(() => {
    audio ??= new AudioContext();
    if (audio.state === "suspended") void audio.resume();
  }, 200);
}
