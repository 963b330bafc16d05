// Sounds that the bidder asked for: short tones, made here, no file.

const TONES = { outbid: [330, 220], extension: [520, 520], minute: [440], result: [520, 660, 780], taken: [660] };
let speaker = null;

export function allow() {
  speaker = speaker || new AudioContext();
  speaker.resume();
}

export function play(name) {
  if (!speaker) {
    return;
  }
  TONES[name].forEach(function (pitch, index) {
    const tone = speaker.createOscillator();
    const loudness = speaker.createGain();
    const at = speaker.currentTime + index * 0.16;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.12, at);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.15);
    tone.connect(loudness).connect(speaker.destination);
    tone.start(at);
    tone.stop(at + 0.16);
  });
}
