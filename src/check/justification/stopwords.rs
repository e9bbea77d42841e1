//! Words that fit every request, by language, and words that tell a time.
//!
//! A list is extended by adding a word; the score counts only what is on none of them.

use ahash::AHashSet;
use std::sync::LazyLock;

/// Words that could stand under every request: articles and pronouns, politeness, wanting, agreeing, and naming the thing itself.
const NOTHING: &[(&str, &str)] = &[
    (
        "en",
        "a an and are as at be because been before by can could currently day days do for from full get getting give given got had has have hello hey hi i if in is it its just kindly like may me my new no none not now of on or our per please pls plz same so some thank thanks that the their them there these they this to too until us use used user using via want wanted was we were when which who will with would yes you your \
      accepted access accesses account accounting admin agreed all allow allowed allowing app application applications applied approval approvals approve approved approving asap ask asked assigned assignment authorised authorized boss business confirmed director discussed duties duty employee grant granted granting group head job lead login manager managers mandatory membership necessary need needed needing needs ok okay onboard operation operations package permission permissions permit previously privilege privileges project provide purpose purposes reason reasons regular request requested requesting requests require required requirement requirements requires responsibilities responsibility rights role roles said spoken standard stuff supervisor system systems task tasks team test testing tests thing things told tool urgent urgently usual verbal verbally work working works \
      abc asdf bla blah dummy example foo bar lorem ipsum na nil null qwerty tbd tba todo xx xxx xxxx xyz yyy zzz ticket tickets jira case incident",
    ),
    (
        "de",
        "aber als am an auch auf aus bei bin bis bitte brauche brauchen da damit danke dann das dem den der des die dies diese dieser dieses du ein eine einem einen einer es fuer für gerne guten habe haben hallo hat ich ihm ihn ihr im in ist ja kann kein mein meine meinem meinen meiner mich mir mit muss nach nicht noch nur ob oder sein sich sie sind so soll tag um und uns unser unsere von vom war weil wenn wie wir wird werden wurde zu zum zur zwecks \
      abgesprochen abgestimmt abteilung abteilungsleiter anfrage antrag arbeit arbeiten aufgabe aufgaben beantragt benötige benötigen benötigt benoetige benoetigt berechtigung berechtigungen besprochen bestätigt chef chefin dringend erforderlich erlaubnis freigabe freigegeben führungskraft geklärt gemäß genehmigt genehmigung gruppe job laut leiter leitung mitarbeiter nötig notwendig paket projekt recht rechte rolle rücksprache siehe system tätigkeit teamleiter teamleiterin vereinbart vorgesetzte vorgesetzter wegen zugang zugriff zugriffe zugriffsrechte zustimmung",
    ),
    (
        "fr",
        "ai au aux avec bonjour ce ces cet cette comme dans de des doit dois du elle en est et il ils j je la le les leur ma me mes mon ne nous on ou oui par pas plaît plait pour que qui s sa se ses si son sont stp suis sur svp un une vous y à \
      accepté accès acces accord activité application approbation approuvé approuvee autorisation autorisé besoin chef cheffe convenu correspondance demande demandé demander demandes directeur discuté droit droits demandee essai faire fonction fonctions groupe hiérarchie merci mission missions nécessaire necessaire nécessité permission poste projet requis responsable rôle selon supérieur système tâche tâches travail travailler urgence urgent validation validé validée vu équipe",
    ),
    (
        "es",
        "a al como con cual de del desde el ella en es esta este estoy favor ha hace he hola la las le lo los me mi mis muy no nos o para pero por porque que se ser si sin sobre son soy su sus tengo un una usted y ya yo \
      acceder acceso accesos acordado aceptado aplicación aprobación aprobado aprobada autorización autorizado comentado conversado equipo función funciones gerente gracias grupo hablado indicado jefa jefe labor mánager motivo necesaria necesario necesidad necesita necesitamos necesito permiso permisos petición proyecto prueba pruebas requerido requiere requiero responsable rol según sistema solicitado solicito solicitud supervisor tarea tareas trabajar trabajo urgente",
    ),
    (
        "it",
        "ai al alla anche che ci ciao come con da dal dalla dei del della delle di e ed essere è fare gli grazie ha ho i il in io l la le lo ma me mi mia mie mio mi nel nella no noi non o per perché più può se si sono su sua suo ti un una uno vorrei \
      accedere accesso accessi accordi accordo applicazione approvato approvata approvazione attività autorizzato autorizzazione bisogno capo cortesia concordato confermato direttore discusso favore funzione gruppo incarico lavorare lavoro manager mansione mansioni motivi motivo necessaria necessario necessita necessito occorre permessi permesso piacere privilegi progetto prova prove responsabile richiedo richiesta richiesto ruolo serve servono sistema squadra superiore urgente urgenza",
    ),
];

/// Words that tell a time: months, quarters, periods, and how they are called in the five languages.
const TIME: &str = "jan january feb february mar march apr april jun june jul july aug august sep sept september oct october nov november dec december \
    januar jänner februar märz juni juli oktober dez dezember janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre decembre \
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre \
    q1 q2 q3 q4 h1 h2 quarter quarterly month months monthly week weeks weekly weekend year years yearly annual annually semester today tomorrow tonight \
    quartal monat monate monaten monatlich woche wochen wöchentlich jahr jahre jahren jährlich heute morgen jahresende monatsende \
    trimestre mois mensuel mensuelle semaine semaines année années an ans annuel annuelle aujourd hui demain \
    mes meses mensual semana semanas año años anual hoy mañana mese mesi mensile settimana settimane anno anni annuale oggi domani";

/// Month names that are other words too: they tell a time only beside a number.
const MONTH_BESIDE_NUMBER: &[&str] = &["may", "mai", "march", "mar", "mars"];

static NOTHING_WORDS: LazyLock<AHashSet<&'static str>> = LazyLock::new(|| NOTHING.iter().flat_map(|(_, words)| words.split_whitespace()).collect());

static TIME_WORDS: LazyLock<AHashSet<&'static str>> = LazyLock::new(|| TIME.split_whitespace().collect());

/// Whether a word, in lower case, could stand under every request.
pub(super) fn says_nothing(word: &str) -> bool {
    NOTHING_WORDS.contains(word)
}

/// Whether a word, in lower case, tells a time.
pub(super) fn tells_time(word: &str, beside_number: bool) -> bool {
    if MONTH_BESIDE_NUMBER.contains(&word) {
        return beside_number;
    }
    TIME_WORDS.contains(word)
}
