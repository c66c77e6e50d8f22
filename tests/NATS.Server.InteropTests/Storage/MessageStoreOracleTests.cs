using System.Globalization;
using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>
/// Random steps through the API of the reference, done here to the stores behind such an API: what they answer and hold has to be the same.
/// <c>NATS_ORACLE_SCRIPTS</c> sets how many scripts of 250 steps are played for each storage, <c>NATS_ORACLE_SEED</c> the seed of the first.
/// </summary>
public sealed class MessageStoreOracleTests
{
    private const int StepsOfAScript = 250;

    private static readonly string[] Subjects = ["a", "b", "a.b", "a.c", "a.b.c", "b.x", "c.1", "c.2"];
    private static readonly string[] Filters = ["", "a", "a.b", "none", "*", "a.*", "a.>", "*.b", "c.*", ">"];

    [Theory]
    [InlineData("model of files")]
    [InlineData("model of memory")]
    [InlineData("memory")]
    [InlineData("files")]
    public async Task Random_scripts_end_as_those_of_the_reference(string kind)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        int scripts = Setting("NATS_ORACLE_SCRIPTS", 4), seed = Setting("NATS_ORACLE_SEED", 1);
        for (int i = 0; i < scripts; i++)
        {
            await new Play(script, seed + i, kind).RunAsync(StepsOfAScript);
            await script.RequestAsync($"$JS.API.STREAM.DELETE.{Play.NameOf(seed + i)}", "");
        }
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : fallback;

    private sealed class Play
    {
        // Each its own: the reference now and then refuses a stream whose name was just deleted.
        public static string NameOf(int seed) => string.Create(CultureInfo.InvariantCulture, $"S{seed}");

        private readonly Random _random;
        private readonly int _seed;
        private readonly bool _isFile;
        private readonly ServerStream _server;
        private readonly IMessageStore _store;
        private readonly ulong _firstSequence;
        private readonly List<string> _done = [];
        private StoreLimits _limits;
        private bool _isOver;

        public Play(JetStreamScript script, int seed, string kind)
        {
            _seed = seed;
            _isFile = kind is "model of files" or "files";
            _random = new Random(seed);
            _server = new ServerStream(script, NameOf(seed), """["a","b","a.>","b.>","c.>"]""", _isFile);
            _firstSequence = Chance(0.3) ? (ulong)_random.Next(50) : 0;
            _limits = DrawLimits();
            _store = kind switch
            {
                "memory" => MessageStore.InMemory(_limits, firstSequence: _firstSequence),
                "files" => new SimulatedFileSource().Create(_limits, _firstSequence, new RecordingStoreListener()),
                _ => new ModelStore(_limits, _firstSequence, _isFile, new RecordingStoreListener()),
            };
        }

        public async Task RunAsync(int steps)
        {
            try
            {
                await _server.ConfigureAsync(_limits, _firstSequence, isNew: true);
                await EqualStatesAsync();
                for (int step = 0; step < steps && !_isOver; step++)
                {
                    await StepAsync();
                    await EqualStatesAsync();
                    await AskAsync();
                }
            }
            catch (Exception problem)
            {
                throw new InvalidOperationException($"seed {_seed}, limits {_limits}, first {_firstSequence}: {string.Join("; ", _done.TakeLast(25))}: {problem.Message}", problem);
            }
        }

        private static MessageFilter FilterOf(string filter) => MessageFilter.Of(Encoding.Latin1.GetBytes(filter));

        private bool Chance(double probability) => _random.NextDouble() < probability;

        private StoreLimits DrawLimits()
        {
            bool perSubject = Chance(0.4), discardsNew = Chance(0.35);
            return new StoreLimits
            {
                MaxMessages = Chance(0.4) ? _random.Next(1, 25) : -1,
                MaxBytes = Chance(0.3) ? _random.Next(300, 2500) : -1,
                MaxMessagesPerSubject = perSubject ? _random.Next(1, 5) : -1,
                Discard = discardsNew ? DiscardPolicy.New : DiscardPolicy.Old,
                DiscardNewPerSubject = discardsNew && perSubject && Chance(0.5),
            };
        }

        private ulong DrawSequence()
        {
            StreamState state = _store.State;
            ulong low = state.FirstSequence > 2 ? state.FirstSequence - 2 : 1;
            return low + (ulong)_random.NextInt64((long)(state.LastSequence + 3 - Math.Min(low, state.LastSequence)));
        }

        private string DrawFilter() => Filters[_random.Next(Filters.Length)];

        private async Task StepAsync()
        {
            switch (_random.Next(100))
            {
                case < 62:
                    await PublishAsync();
                    break;
                case < 82:
                    ulong sequence = DrawSequence();
                    bool erase = Chance(0.5);
                    Note($"remove {sequence}{(erase ? " erase" : "")}");
                    bool removed = await _server.RemoveAsync(sequence, erase);
                    StoreResult result = erase ? _store.Erase(sequence, _random) : _store.Remove(sequence);
                    Assert.Equal(removed, result == StoreResult.Ok);
                    break;
                case < 94:
                    await PurgeAsync();
                    break;
                default:
                    _limits = DrawLimits();
                    Note($"update {_limits}");
                    await _server.ConfigureAsync(_limits, _firstSequence, isNew: false);
                    Assert.Equal(StoreResult.Ok, _store.Update(_limits, 0));
                    break;
            }
        }

        private void Note(string what) => _done.Add(what);

        private async Task PublishAsync()
        {
            string subject = Subjects[_random.Next(Subjects.Length)];
            string headers = Chance(0.3) ? $"NATS/1.0\r\nKey: {new string('v', _random.Next(20))}\r\n\r\n" : "";
            string payload = new('p', _random.Next(Chance(0.1) ? 600 : 60));
            Note($"publish {subject} {headers.Length} {payload.Length}");
            (StoreResult result, ulong sequence) = await _server.PublishAsync(subject, headers, payload);

            // The reference's clock counts. What is gone at once leaves its time as that of the last message.
            long timeNs = result != StoreResult.Ok ? 1
                : (await _server.GetAsync($"\"seq\":{sequence}"))?.TimeNs ?? (await _server.StateAsync("none")).State.LastTimeNs;
            var message = new NewMessage
            {
                Subject = Encoding.Latin1.GetBytes(subject),
                Headers = Encoding.Latin1.GetBytes(headers),
                Payload = Encoding.Latin1.GetBytes(payload),
                TimestampNs = timeNs,
            };
            Assert.Equal(result, _store.Append(message, out ulong ours));
            Assert.Equal(sequence, ours);
        }

        private async Task PurgeAsync()
        {
            string filter = DrawFilter();
            ulong before = Chance(0.4) ? Chance(0.05) ? _store.State.LastSequence + 7 : DrawSequence() : 0;
            ulong keep = before == 0 && Chance(0.7) ? (ulong)_random.Next(12) : 0;

            // All at once is rare, for then nothing is left.
            if (before == 0 && keep == 0 && filter is "" or ">" && Chance(0.8)) return;
            Note($"purge '{filter}' before {before} keep {keep}");
            ulong purged = await _server.PurgeAsync(filter, before, keep);
            Assert.Equal(StoreResult.Ok, _store.Purge(FilterOf(filter), before, keep, out ulong ours));
            Assert.Equal(purged, ours);
        }

        private async Task EqualStatesAsync()
        {
            string filter = Chance(0.5) ? ">" : "a.*";
            (StreamState state, string deleted, string subjects) = await _server.StateAsync(filter);

            // A new stream in files says that its sequence 0 is deleted.
            if (state is { FirstSequence: 0, LastSequence: 0 }) (state, deleted) = (state with { Deleted = 0 }, "");

            // One that is emptied by a purge up to a sequence, with deleted ones after that, still shows the first message that it had, and never forgets
            // it: nothing that comes later can be compared.
            if (_isFile && state.Messages == 0 && state.FirstSequence <= state.LastSequence && state.LastSequence > 0)
            {
                _isOver = true;
                return;
            }

            Assert.Equal(state, _store.State);
            Assert.Equal(deleted, string.Join(' ', DeletedOf(_store.ReplicatedState(0, withSources: false))));
            List<string> totals = [];
            _store.VisitTotals(FilterOf(filter), (subject, messages) =>
            {
                totals.Add(string.Create(CultureInfo.InvariantCulture, $"{Encoding.Latin1.GetString(subject)} {messages}"));
                return true;
            });
            Assert.Equal(subjects, string.Join(", ", totals.Order(StringComparer.Ordinal)));
        }

        private static IEnumerable<ulong> DeletedOf(Core.Storage.ReplicatedState state) =>
            state.Deleted.SelectMany(block => block.Set is { } set ? set : Enumerable.Range(0, (int)block.Count).Select(i => block.First + (ulong)i));

        private async Task AskAsync()
        {
            string filter = DrawFilter();
            ulong sequence = DrawSequence();
            string named = filter.Length == 0 ? ">" : filter;
            switch (_random.Next(8))
            {
                case 0:
                    Note($"get {sequence}");
                    EqualMessages(await _server.GetAsync($"\"seq\":{sequence}"), _store.Load(sequence, out StoredMessage found), found);
                    break;
                case 1:
                    Note($"last of '{named}'");
                    EqualMessages(await _server.GetAsync($"\"last_by_subj\":\"{named}\""), _store.LoadLast(FilterOf(named), out found), found);
                    break;
                case 2:
                    Note($"next of '{named}' from {sequence}");
                    EqualMessages(await _server.GetAsync($"\"seq\":{sequence},\"next_by_subj\":\"{named}\""), _store.LoadNext(FilterOf(named), sequence, out found, out _), found);
                    break;
                case 3:
                    StreamState state = _store.State;
                    if (state.Messages == 0) break;
                    long timeNs = state.FirstTimeNs + _random.NextInt64(-1000, Math.Max(1, state.LastTimeNs - state.FirstTimeNs + 1000));
                    Note($"consumer at {timeNs}");
                    (ulong pending, ulong start) = await _server.ConsumerAsync(filter, $"\"deliver_policy\":\"by_start_time\",\"opt_start_time\":\"{ServerStream.FormatTime(timeNs)}\"");
                    Assert.Equal(pending, _store.Pending(_store.SequenceAt(timeNs), FilterOf(filter), lastPerSubject: false, out _));
                    Note($"began at {start}");
                    break;
                case 4:
                    Note($"consumer of '{filter}' from {sequence}");
                    (pending, _) = await _server.ConsumerAsync(filter, $"\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":{sequence}");
                    Assert.Equal(pending, _store.Pending(sequence, FilterOf(filter), lastPerSubject: false, out _));
                    break;
                case 5:
                    Note($"consumer of last per subject of '{named}'");
                    (pending, _) = await _server.ConsumerAsync(named, "\"deliver_policy\":\"last_per_subject\"");
                    Assert.Equal(pending, _store.Pending(0, FilterOf(named), lastPerSubject: true, out _));
                    break;
                case 6:
                    await AskForLastAsync(named, DrawFilter(), Chance(0.6) ? sequence : 0);
                    break;
                default:
                    Note($"batch of '{named}' from {sequence}");
                    string batch = await _server.GetManyAsync($"\"batch\":5,\"seq\":{sequence},\"next_by_subj\":\"{named}\"");
                    List<ulong> sequences = [];
                    for (ulong at = sequence; sequences.Count < 5 && _store.LoadNext(FilterOf(named), at, out found, out _) == StoreResult.Ok; at = found.Sequence + 1)
                    {
                        sequences.Add(found.Sequence);
                    }

                    Assert.Equal(sequences.Count == 0 ? "404 Message Not Found" : $"{string.Join(' ', sequences)} 204 EOB", batch);
                    break;
            }
        }

        private async Task AskForLastAsync(string filter, string second, ulong upTo)
        {
            string[] filters = second.Length == 0 || second == filter ? [filter] : [filter, second];
            Note($"last of [{string.Join(' ', filters)}] up to {upTo}");

            // The reference's files have nothing to show beyond the last sequence; its memory, and we, take that for the last.
            if (_isFile) upTo = Math.Min(upTo, _store.State.LastSequence);
            string answer = await _server.GetManyAsync($"\"multi_last\":[{string.Join(',', filters.Select(one => $"\"{one}\""))}],\"up_to_seq\":{upTo}");
            List<ulong> sequences = [];
            Assert.Equal(StoreResult.Ok, _store.LastSequences(MessageFilter.OfAny([.. filters.Select(Encoding.Latin1.GetBytes)]), upTo, 1024, sequences));

            // Seldom the reference's files find a last message before a sequence that is deleted, and then give nothing at all.
            if (_isFile && upTo < _store.State.LastSequence && answer == "404 Message Not Found") return;
            Assert.Equal(sequences.Count == 0 ? "404 No Results" : $"{string.Join(' ', sequences)} 204 EOB", answer);
        }

        private static void EqualMessages((string Text, long TimeNs)? expected, StoreResult result, StoredMessage found)
        {
            if (expected is not { } message)
            {
                Assert.NotEqual(StoreResult.Ok, result);
                return;
            }

            Assert.Equal(StoreResult.Ok, result);
            string text = $"{found.Sequence} {Encoding.Latin1.GetString(found.Subject)} {Encoding.Latin1.GetString(found.Headers)}|{Encoding.Latin1.GetString(found.Payload)}";
            Assert.Equal(message.Text, text);
            Assert.Equal(message.TimeNs, found.TimestampNs);
        }
    }
}
