using System.Globalization;
using LiveGateway.Audio;
using ZeroKnowledge.Calls;

namespace LiveGateway.Calls;

/// <summary>Who calls whom. The people are invented, and the numbers are those that the Bundesnetzagentur keeps free for films.</summary>
internal static class CallSheet
{
    private static readonly string[] FirstNames = ["Katharina", "Jürgen", "Friederike", "Matthias", "Anneliese", "Sebastian", "Gisela", "Thorsten"];
    private static readonly string[] LastNames = ["Weßling", "Brückner", "Oberländer", "Schönfeld", "Kowalczyk", "Morgenstern", "Hünerbein"];
    private static readonly string[] Assistants = ["Assistentin Praxis Sommer", "Assistent Ersatzteile Nord", "Assistentin Hansebank", "Assistent Hotel Seeblick"];
    private static readonly string[] FilmNumbers = ["+493023125", "+496990009", "+494066969", "+492214710", "+498999998"];

    public static CallMetadata Fill(int number, AudioTrack caller, AudioTrack callee) => new()
    {
        CallId = $"{number + 1:D4}-7f3a9c@gateway.example",
        Legs = [caller.ToLeg("caller"), callee.ToLeg("assistant")],
        Parties =
        [
            new Party(0, $"{FirstNames[number % FirstNames.Length]} {LastNames[number % LastNames.Length]}", Number(number)),
            new Party(1, Assistants[number % Assistants.Length], Number(number + 500)),
        ],
        Tags = new Dictionary<string, string> { ["Kundennummer"] = $"KD-2026-{10_000 + (number * 7):D6}" },
    };

    private static string Number(int number) =>
        FilmNumbers[number % FilmNumbers.Length] + (number % 1_000).ToString("D3", CultureInfo.InvariantCulture);
}
